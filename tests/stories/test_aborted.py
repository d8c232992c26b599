"""A person calls the release back from another terminal, wherever it is."""

import socket

import pytest

from tests.stories.fixture import Given, Then, When
from tests.stories.plans import UNTIL_ASKED, stage

pytestmark = pytest.mark.slow

SHARES = {"canary": 10, "half": 50, "full": 100}
SPLITS = {"canary": "v1 90 v2 10", "half": "v1 50 v2 50", "full": "v2 100"}


@pytest.mark.parametrize("name", SPLITS)
def test_a_release_is_aborted_in_any_stage(given: Given, when: When, then: Then, name: str) -> None:
    stages = [stage(each, share, hold="10m" if each == name else "2s") for each, share in SHARES.items()]
    given.a_shop(stages=stages).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started", stage=name)
    when.somebody_says("abort", "--reason", "prices are wrong")
    then.status(0).says("the release goes back", "v2 was called back, v1 has all the traffic again", "prices are wrong")
    then.says_nothing_of("release of v2 begins", "building v2", f"stage {name} holds")
    when.it_ends()
    then.outcome("rolled back").says("prices are wrong").in_service(web="v1").runs("v1").failed_requests()
    visited = list(SPLITS)[: list(SPLITS).index(name) + 1]
    then.splits("v1 100", *(SPLITS[each] for each in visited), "v1 100")
    then.report_says("prices are wrong")


def test_a_release_is_aborted_while_it_builds_and_the_build_ends_with_it(given: Given, when: When, then: Then) -> None:
    given.a_shop().with_stable("v1").with_users()
    given.world.plan["services"]["web"]["target"]["build"] = 'touch "$PLAN_FOLDER/building"; exec sleep 300'
    given.world.agree_on(given.world.plan)
    when.releasing("v2").it_comes_to("step.started", step="start/web/build")
    when.until((given.world.folder / "building").exists)
    when.somebody_says("abort", "--reason", "too slow")
    when.it_ends(within=20)
    then.outcome("rolled back").in_service(web="v1").runs("v1").failed_requests()


def test_a_release_is_aborted_while_a_gate_is_asked_and_nothing_was_touched(
    given: Given, when: When, then: Then
) -> None:
    gates = {"code": [{"check": "Tests pass", "run": "touch asked; exec sleep 300"}]}
    given.a_shop(gates=gates).with_stable("v1").with_users()
    when.releasing("v2").until((given.world.folder / "asked").exists)
    when.somebody_says("abort", "--reason", "not today")
    when.it_ends(within=20)
    then.outcome("not started").says("v2 was not started, nothing was touched").in_service(web="v1").runs(
        "v1"
    ).failed_requests()
    then.splits().happened("step.started", step="start/web/build", times=0)


def test_a_release_is_aborted_while_it_is_paused(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=UNTIL_ASKED).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started").somebody_says("pause")
    then.status(0).says("paused: traffic stays as it is")
    when.somebody_says("abort", "--no-wait")
    then.status(0).says("the release goes back")
    when.it_ends()
    then.outcome("rolled back").in_service(web="v1").runs("v1").failed_requests()


def test_a_release_that_nobody_drives_is_aborted_by_the_command_itself(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=UNTIL_ASKED).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started").it_is_killed()
    when.somebody_says("abort", "--reason", "its driver is dead")
    then.outcome("rolled back", status=0).says("No process drives this release; taking it over here.")
    then.says_nothing_of("release of v2 begins", "building v2", "stage canary holds")
    then.in_service(web="v1").runs("v1").failed_requests()


def a_request_that_never_ends_at(address: str, version: str) -> socket.socket:
    """Ask `version` for something, and keep the end of the question back: the version has it in flight."""
    host, _, port = address.partition(":")
    half = f"POST /api/orders HTTP/1.1\r\nHost: {address}\r\nx-flight-version: {version}\r\nContent-Length: 9\r\n\r\n{{"
    asking = socket.create_connection((host, int(port)))
    asking.sendall(half.encode())
    return asking


def test_a_second_abort_goes_along_with_the_first(given: Given, when: When, then: Then) -> None:
    given.a_shop(stages=UNTIL_ASKED, target={"drain": "4s"}).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started")
    with a_request_that_never_ends_at(given.world.addresses()["web"], "v2"):
        when.somebody_says("abort", "--reason", "prices are wrong", "--no-wait")
        then.status(0)
        when.somebody_says("abort", "--reason", "did it hear me?")
    then.status(0).says("the release is on its way back already", "v2 was called back", "prices are wrong")
    when.it_ends()
    then.outcome("rolled back").in_service(web="v1").failed_requests()
    when.somebody_says("abort")
    then.status(4).says("no release is under way: release", "has ended, rolled back")


def test_there_is_nothing_to_abort_after_the_end(given: Given, when: When, then: Then) -> None:
    given.a_shop().with_stable("v1")
    when.somebody_says("abort")
    then.status(4).says(
        "no release is under way: release", "has ended, released", "flight rollback --to VERSION --reason TEXT"
    )
