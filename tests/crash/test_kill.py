"""kill -9 of the real `flight`, right after each step of a release began and right after it ended, again and again.

The moment is seen in the ledger, from outside: a step that takes a millisecond may be over when the signal arrives.
test_every_moment.py is exact where this is real: it dies at every single moment, on fakes.
"""

import pytest

from flightrules.domain.events import Entry
from tests.stories.fixture import Given, Then, When
from tests.stories.flights import Flight
from tests.stories.plans import UNTIL_ASKED
from tests.stories.world import World, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(420)]

COUNTED = {
    "build": 'echo begin $VERSION $$ >>"$PLAN_FOLDER/builds"; cp -r "$PLAN_FOLDER/shoplib" .; sleep 0.3;'
    ' echo end $VERSION $$ >>"$PLAN_FOLDER/builds"'
}
CHECKED = {"code": [{"check": "Tests pass", "run": "echo asked >>checks"}]}
VERIFIED = [{"check": "Orders can be listed", "http": "GET /api/orders"}]

START = ["tidy", "stable", "build", "candidate"]
FORWARD = [
    "gates/code",
    *(f"start/web/{step}" for step in START),
    *(f"stages/{visit}/{step}" for visit in ("1-canary", "2-full") for step in ("shift/web", "hold")),
    "verify",
    "in-service/web",
]
HOLD = "stages/1-canary/hold"
BACK = ["code/begin", *(f"back/web/{step}" for step in ("ready", "shift", "in-service", "drain", "stop")), "code/end"]


def test_a_release_that_is_killed_at_every_step_is_released_all_the_same(given: Given, when: When, then: Then) -> None:
    given.a_shop(target=COUNTED, gates=CHECKED, verify=VERIFIED).with_stable("v1").with_users()
    when.releasing("v2")
    assert killed_at_every_step(when, since=FORWARD[0]) == FORWARD
    then.outcome("released").splits("v1 100", "v1 80 v2 20", "v2 100")
    then.in_service(web="v2").runs("v1", "v2").failed_requests()
    happened_once(given.world, "v2")


def test_a_release_that_a_rule_calls_back_goes_back_although_it_is_killed_at_every_step(
    given: Given, when: When, then: Then
) -> None:
    given.a_shop(target=COUNTED, stages=UNTIL_ASKED).with_stable("v1").with_users()
    when.releasing("v3-all-errors")
    assert killed_at_every_step(when, since=HOLD) == [HOLD, *BACK]
    then.outcome("rolled back").splits("v1 100", "v1 80 v3-all-errors 20", "v1 100")
    then.in_service(web="v1").runs("v1").failed_requests(at_candidate="v3-all-errors")
    happened_once(given.world, "v3-all-errors")
    then.happened("rule.fired", times=1).happened("goback.started", times=1).happened("goback.ended", times=1)


def test_a_release_that_a_person_calls_back_goes_back_although_it_is_killed_at_every_step(
    given: Given, when: When, then: Then
) -> None:
    given.a_shop(target=COUNTED, stages=UNTIL_ASKED).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("step.started", step=HOLD).it_is_killed().going_on()
    until(lambda: given.world.records.lease.holder(), what="a driver")
    asked = given.world.start("abort", "--reason", "prices are wrong", "--no-wait")
    assert killed_at_every_step(when, since=HOLD) == [HOLD, *BACK]
    assert isinstance(asked, Flight) and asked.ended().status == 0
    then.outcome("rolled back").splits("v1 100", "v1 80 v2 20", "v1 100")
    then.in_service(web="v1").runs("v1").failed_requests()
    happened_once(given.world, "v2")
    then.happened("signal.taken", times=1).happened("goback.started", times=1).happened("goback.ended", times=1)


def killed_at_every_step(when: When, since: str) -> list[str]:
    """Kill `flight` at both moments of every step from `since` on, and go on; return the steps, in order.

    Ends with the command that drives the release to its end.
    """
    killed: list[str] = []
    while (moment := when.event_that(at_a_step_or_the_end)).event.kind != "release.ended":
        step = moment.event.data["step"]
        if not killed and step != since:
            continue
        when.it_is_killed()
        print(
            f"killed at {words(moment)}, {when.world.entries()[-1].number - moment.number} entries later"
        )  # pytest -rP
        when.going_on()
        killed += [step] if step not in killed else []
    when.it_ends()
    return killed


def words(moment: Entry) -> str:
    return f"{moment.event.kind} {moment.event.data['step']}"


def at_a_step_or_the_end(entry: Entry) -> bool:
    return entry.event.kind in ("step.started", "step.ended", "step.failed", "release.ended")


def happened_once(world: World, candidate: str) -> None:
    """Whatever a crash interrupted, the shop was touched as if nothing had happened."""
    builds = [line.split() for line in (world.folder / "builds").read_text().splitlines()]
    for version in ("v1", candidate):
        mine = [(what, pid) for what, built, pid in builds if built == version]
        ended = [pid for what, pid in mine if what == "end"]
        begun = [pid for what, pid in mine if what == "begin"]
        # One that was killed in its middle is begun anew, after what was left of it had been ended.
        assert ended[-1:] == begun[-1:], f"never two side by side: {builds}"
        assert len(ended) <= len(begun) <= 2, builds
        assert served(world, version) == 1, f"{version} was started once"


def served(world: World, version: str) -> int:
    """Return how often a process of `version` began to serve."""
    logs = (world.state / "processes" / "logs").glob(f"web.{version}-*")
    return sum(log.read_text().count(f"shop {version} serves") for log in logs)
