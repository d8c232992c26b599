"""The example `saas-chat`: four services over one database, rehearsed with real processes and traffic."""

import csv
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from flightrules.testing.traffic_records import Record, acknowledged_orders
from tests.stories.fixture import Then, splits
from tests.stories.flights import FLIGHT
from tests.stories.rehearsed import Example, nothing_lost

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SERVICES = {name: f"{name.upper()}_PORT" for name in ("accounts", "ai", "chat", "gateway")}
DATABASE = "data/story.db"
VISITS = ("POST /api/messages", "GET /", "POST /api/messages", "GET /api/messages", "POST /api/messages")
BODY = '{"text": "we need milk"}'
MESSAGES = "select reference from messages"
SPEED = "100000x"


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Example]:
    monkeypatch.setenv("PATH", str(Path(FLIGHT).parent), prepend=":")  # as in an activated environment
    made = Example("saas-chat", SERVICES, DATABASE_FILE=DATABASE, VISITORS_PER_SECOND="0")
    made.database(DATABASE)
    yield made
    made.end()


def test_version_2_is_sealed_and_one_that_breaks_under_all_of_the_traffic_comes_back(chat: Example) -> None:
    flight = chat.rehearse("v2", stable="v1", speed=SPEED)
    users = chat.users_come("gateway", VISITS, BODY, per_second=14)
    chat.last = flight.ended(within=200)
    Then(chat).outcome("released").happened("release.sealed", times=1).failed_requests()
    for service in SERVICES:
        assert splits(chat, service) == ["v1 100", "v1 80 v2 20", "v2 100"]
        assert chat.answered_by(service) == {"v2"}

    chat.last = chat.rehearse("v3-pool", stable="v2", speed=SPEED).ended(within=200)
    Then(chat).outcome("rolled back")
    assert in_order(chat, "stages/2-full/shift/") == ["accounts", "ai", "chat", "gateway"]
    assert in_order(chat, "back/", "/shift") == ["gateway", "chat", "ai", "accounts"]
    for service in SERVICES:
        assert splits(chat, service)[-3:] == ["v2 80 v3-pool 20", "v3-pool 100", "v2 100"]
        assert chat.answered_by(service) == {"v2"}
    failed = [record for record in users.records() if record.failed]
    assert 0 < len(failed) < 300, f"{len(failed)} of {len(users.records())}"
    assert all(record.status == 503 for record in failed), failed[:3]
    assert_only_while_it_had_all_the_traffic(chat, failed)
    way_back = chat.way_back()
    assert way_back["database"] > 0
    assert way_back["total"] < way_back["within"] == 1200
    nothing_lost(users, chat.folder / DATABASE, MESSAGES)


def assert_only_while_it_had_all_the_traffic(chat: Example, failed: list[Record]) -> None:
    """Nobody failed in the canary, nor once the chat was back; a request that waits for the AI may be under way."""
    full = at(chat, "step.started", "stages/2-full/shift/chat")
    back = at(chat, "step.ended", "back/chat/shift")
    early, late = ([r for r in failed if r.ended < full], [r for r in failed if r.at > back + 1.0])
    assert not early and not late, (early[:3], late[:3])


def at(chat: Example, kind: str, step: str) -> float:
    """Return when this happened to a step of the last release."""
    return next(entry.at for entry in chat.entries(kind) if entry.event.data["step"] == step)


def in_order(chat: Example, before: str, after: str = "") -> list[str]:
    """Return the services of the steps whose names have these ends, in the order of the steps."""
    found = (step for step in Then(chat).steps() if step.startswith(before) and step.endswith(after))
    return [step.removeprefix(before).removesuffix(after) for step in found]


def test_a_migration_that_spoils_data_is_taken_back_by_a_restore_and_nothing_that_was_written_is_lost(
    chat: Example,
) -> None:
    flight = chat.rehearse("v4-tiers", stable="v1", speed=SPEED)
    users = chat.users_come("gateway", VISITS, BODY, per_second=14)
    zoe = customer(chat)
    chat.last = flight.ended(within=200)
    Then(chat).outcome("rolled back").says("Every account has a tier that billing knows")
    assert in_order(chat, "stages/") == []
    assert {name for service in SERVICES for name in chat.answered_by(service)} == {"v1"}
    assert zoe.get("/api/summary").json()["provider"] == "large", "she still has what she pays for"
    refused = [record for record in users.records() if record.failed]
    assert all(record.status == 503 for record in refused), refused[:3]
    way_back = chat.way_back()
    assert way_back["total"] < way_back["within"] == 1200
    written = acknowledged_orders(users.records())
    assert len(written) == len(set(written))
    assert set(written) <= kept(chat) | exported(chat)


def customer(chat: Example) -> httpx.Client:
    """Return somebody who is logged in, and pays."""
    client = httpx.Client(base_url=f"http://{chat.addresses()['gateway']}")
    account = {"name": "zoe", "password": "correct horse"}
    assert client.post("/api/register", json=account).status_code == 201
    client.headers["authorization"] = f"Bearer {client.post('/api/login', json=account).json()['token']}"
    assert client.post("/api/billing", json={"tier": "paid"}).json()["tier"] == "paid"
    return client


def kept(chat: Example) -> set[str]:
    """Return the references of all messages in the database."""
    with closing(sqlite3.connect(chat.folder / DATABASE)) as connection:
        return {row[0] for row in connection.execute(MESSAGES)}


def exported(chat: Example) -> set[str]:
    """Return the references of all messages that the restore wrote into files."""
    (file,) = (chat.state / "databases" / "main" / "exported").glob("*/messages.csv")
    with file.open(newline="") as rows:
        return {row["reference"] for row in csv.DictReader(rows)}
