"""The emergency: every user sees the plan's page at once, then every version stops; `flight open` undoes it."""

import httpx
import pytest

from tests.stories.fixture import Given, Then, When
from tests.stories.plans import STAGES, UNTIL_ASKED

pytestmark = pytest.mark.slow

PAGE = {"page": "We are back at noon.", "retry_after": "5m"}


def sees_the_page(given: Given) -> None:
    answer = httpx.get(f"http://{given.world.addresses()['web']}/api/orders")
    assert (answer.status_code, answer.text) == (503, "We are back at noon.")
    assert answer.headers["retry-after"] == "300"


def test_services_are_shut_down_and_opened_again(given: Given, when: When, then: Then) -> None:
    given.a_shop(shutdown=PAGE).with_stable("v1")
    when.somebody_says("shutdown", "--reason", "cards are charged twice")
    then.outcome("closed", status=0).says("The services are shut down, users see the plan's page")
    then.runs()
    sees_the_page(given)
    when.somebody_says("shutdown", "--reason", "again")
    then.status(4).says("the services are shut down already", "`flight open` starts them again")
    when.somebody_says("run", "v2")
    then.status(4).says("the services are shut down", "`flight open` starts them again")
    when.somebody_says("open")
    then.outcome("opened", status=0).in_service(web="v1").runs("v1")
    before = given.world.records.ledger.head()
    when.somebody_says("open")
    then.status(0).says("The services are open already, nothing was changed: web v1.")
    assert when.somebody_says("open", "--json").json()["changed"] is False
    assert given.world.records.ledger.head() == before


def test_a_release_is_shut_down_in_the_middle_of_a_hold(given: Given, when: When, then: Then) -> None:
    given.a_shop(shutdown=PAGE, stages=UNTIL_ASKED).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started").somebody_says("shutdown", "--reason", "cards are charged twice")
    then.status(0).says("The services are shut down, users see the plan's page", "cards are charged twice")
    sees_the_page(given)
    when.it_ends()
    then.outcome("closed").splits("v1 100", "v1 80 v2 20", "page").runs()
    when.somebody_says("open")
    then.outcome("opened", status=0).in_service(web="v1").runs("v1")
    given.agreeing_on(stages=STAGES)
    when.releasing("v2").it_ends()
    then.outcome("released").in_service(web="v2")


def test_a_rule_shuts_the_services_down(given: Given, when: When, then: Then) -> None:
    given.a_shop(shutdown=PAGE, rules=[{"if": "error_rate > 50%", "then": "shut down"}]).with_stable("v1").with_users()
    when.releasing("v3-all-errors").it_ends()
    then.outcome("closed").runs()
    sees_the_page(given)


def test_what_is_in_service_comes_back_after_the_machine_was_started_anew(given: Given, when: When, then: Then) -> None:
    given.a_shop().with_stable("v1")
    everything = [given.world.supervisord(), *given.world.programs().values()]
    for pid in everything:  # supervisord first: it would start the others again
        when.killing(pid)
    when.somebody_says("open")
    then.outcome("opened", status=0).in_service(web="v1").runs("v1")
