"""The example `chatbot`: everybody at once, rehearsed with real processes and real traffic."""

from collections.abc import Iterator

import pytest

from tests.stories.fixture import Then, splits
from tests.stories.rehearsed import Example, nothing_lost
from tests.stories.world import free_address

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

ROUTES = ("GET /", "POST /api/chat", "GET /api/products", "POST /api/chat")
QUESTION = '{"text": "Do you have lamps?"}'
ONE_CONVERSATION = '{"text": "And then?", "conversation": "the one that never ends"}'
MESSAGES = "select reference from messages"
DATABASE = "data/story.db"
SPEED = "8000x"


@pytest.fixture
def chatbot() -> Iterator[Example]:
    address = free_address()
    providers = {"OPENAI_URL": f"http://{address}", "SHOPIFY_URL": f"http://{address}"}
    made = Example("chatbot", {"bot": "CHATBOT_PORT"}, CHATBOT_DATABASE=DATABASE, VISITORS_PER_SECOND="0", **providers)
    made.database(DATABASE)
    made.beside("providers.py", "--port", address.rpartition(":")[2])
    yield made
    made.end()


def test_a_healthy_version_is_in_service_within_minutes_and_sealed_after_a_day(chatbot: Example) -> None:
    flight = chatbot.rehearse("v2", stable="v1", speed=SPEED)
    users = chatbot.users_come("bot", ROUTES, QUESTION, per_second=30)
    chatbot.last = flight.ended(within=150)
    Then(chatbot).outcome("released").happened("release.sealed", times=1).failed_requests()
    assert splits(chatbot, "bot") == ["v1 100", "v2 100"]
    assert chatbot.answered_by("bot") == {"v2"}
    nothing_lost(users, chatbot.folder / DATABASE, MESSAGES)


def test_a_version_that_fails_in_long_conversations_comes_back_out_of_its_watch(chatbot: Example) -> None:
    flight = chatbot.rehearse("v3", stable="v2", speed=SPEED)
    users = chatbot.users_come("bot", ROUTES, QUESTION, per_second=30)
    watched = chatbot.watch(lambda entry: entry.event.kind == "watch.started", flight, within=150)
    talking = chatbot.users_come("bot", ["POST /api/chat"], ONE_CONVERSATION, per_second=40, named="talkers")
    chatbot.watch(lambda entry: entry.event.kind == "goback.started", flight)
    talking.leave()
    chatbot.last = flight.ended(within=90)
    Then(chatbot).outcome("rolled back").says("error_rate of v3 is", "Rehearsal of v3: ✗ it was called back")
    Then(chatbot).failed_requests(at_candidate="v3")
    assert splits(chatbot, "bot") == ["v2 100", "v3 100", "v2 100"]
    assert chatbot.answered_by("bot") == {"v2"}
    failed = [record for each in (users, talking) for record in each.records() if record.failed]
    assert 0 < len(failed) < 200
    assert all(record.ended > watched.at for record in failed), "some failed before the watch"
    for each in (users, talking):
        nothing_lost(each, chatbot.folder / DATABASE, MESSAGES)
    way_back = chatbot.way_back()
    assert way_back["total"] < way_back["within"] == 300
    Then(chatbot).happened("database.way_back", times=1, way="undo")
