"""A plan with two services: released in order, taken back in reverse, one alone only where the plan says so."""

import pytest

from tests.stories.fixture import Given, Then, When
from tests.stories.plans import STAGES, UNTIL_ASKED

pytestmark = pytest.mark.slow


def test_services_are_released_in_order_and_go_back_in_reverse(given: Given, when: When, then: Then) -> None:
    given.a_shop("api", "web", stages=[STAGES[0], UNTIL_ASKED[1]]).with_stable("v1").with_users(25)
    when.releasing("v2").it_comes_to("stage.started", stage="full").somebody_says("abort", "--reason", "not together")
    when.it_ends()
    then.outcome("rolled back").in_service(api="v1", web="v1").failed_requests()
    for service in ("api", "web"):
        then.splits("v1 100", "v1 80 v2 20", "v2 100", "v1 100", service=service).runs("v1", service=service)
    steps = then.steps()
    assert ordered(steps, "stages/1-canary/shift/") == ["api", "web"]
    assert ordered(steps, "start/", "/candidate") == ["api", "web"]
    assert ordered(steps, "back/", "/shift") == ["web", "api"]
    assert ordered(steps, "back/", "/stop") == ["web", "api"]


def ordered(steps: list[str], before: str, after: str = "") -> list[str]:
    """Return the services of the steps whose names have these ends, in the order of the steps."""
    found = (step for step in steps if step.startswith(before) and step.endswith(after))
    return [step.removeprefix(before).removesuffix(after) for step in found]


def test_a_service_that_fails_takes_the_others_back_with_it(given: Given, when: When, then: Then) -> None:
    given.a_shop("api", "web").a_version("v4", FAILS_AS_API).with_stable("v1").with_users(25)
    when.releasing("v4").it_ends()
    then.outcome("rolled back").says("error_rate of api v4 is 100%").in_service(api="v1", web="v1")
    then.failed_requests(at_candidate="v4").runs("v1", service="api").runs("v1", service="web")
    assert all(record.version != "v4" or not record.failed for record in given.world.users["web"].records())


FAILS_AS_API = """\
import os

from shoplib import Shop, main


async def fail(visit, request):
    raise RuntimeError("as an api it does not work")


shop = Shop("v4")
if os.environ["SERVICE"] == "api":
    shop.each_visit(fail)
main(shop)
"""


def test_one_service_goes_back_alone_where_the_plan_says_that_it_can(given: Given, when: When, then: Then) -> None:
    given.a_shop("api", "web", target={"stands_alone": True}).with_stable("v1").with_stable("v2").with_users(25)
    when.somebody_says("rollback", "--to", "v1", "--reason", "the api is at fault", "--service", "api")
    then.outcome("rolled back", status=0).in_service(api="v1", web="v2").failed_requests()
    then.runs("v1", service="api").runs("v1", "v2", service="web")
    when.somebody_says("rollback", "--to", "v1", "--reason", "and the rest")
    then.outcome("rolled back", status=0).in_service(api="v1", web="v1").failed_requests()


def test_one_service_does_not_go_back_alone_where_the_plan_says_nothing(given: Given, when: When, then: Then) -> None:
    given.a_shop("api", "web").with_stable("v1").with_stable("v2")
    when.somebody_says("rollback", "--to", "v1", "--reason", "the api is at fault", "--service", "api")
    then.status(4).says("the plan does not say that api can stand alone", "services.api.stands_alone: true")
    when.somebody_says("rollback", "--to", "v1", "--reason", "the shop is at fault", "--service", "shop")
    then.status(4).says("the plan has no service shop", "it has: api, web")
    then.in_service(api="v2", web="v2")
