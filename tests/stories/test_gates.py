"""Nothing is touched before the gates are open."""

import pytest

from tests.stories.fixture import Given, Then, When

pytestmark = pytest.mark.slow


def gate(*lines: str) -> dict[str, list[dict[str, str]]]:
    return {"code": [{"check": f"Check {number}", "run": line} for number, line in enumerate(lines, 1)]}


def test_a_release_whose_gates_stay_closed_touches_nothing(given: Given, when: When, then: Then) -> None:
    given.a_shop(gates=gate("true", "echo 3 tests failed; exit 1", "exit 7")).with_stable("v1").with_users()
    when.releasing("v2").it_ends()
    then.outcome("not started").says("v2 was not started, nothing was touched", "Check 2: exit status 1")
    then.says("Check 3: exit status 7", "3 tests failed")
    then.splits().in_service(web="v1").runs("v1").failed_requests().report_says("Check 2")


def test_a_release_goes_on_once_every_gate_is_open(given: Given, when: When, then: Then) -> None:
    given.a_shop(gates=gate("true", "test -f flight.yaml")).with_stable("v1").with_users()
    when.releasing("v2").it_ends()
    then.outcome("released").in_service(web="v2").failed_requests()
    then.happened("check.ended", times=2, passed=True)
