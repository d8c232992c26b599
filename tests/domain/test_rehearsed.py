"""A plan as it is rehearsed: what shrinks, what does not, and what nobody waits for."""

from dataclasses import replace

import pytest

from flightrules.checks import rehearsed as rehearsed_check
from flightrules.domain.checks import Check
from flightrules.domain.freezes import Freezes
from flightrules.domain.people import Approval, Person, Team
from flightrules.domain.plan import Look, LookSchedule, SignOff, Watch
from flightrules.domain.rehearsals import Drill, Part, Rehearsing
from flightrules.domain.rehearsed import rehearsed
from flightrules.domain.schedule import PhaseTime
from flightrules.domain.severities import AskPeople, Decision, Severity
from flightrules.domain.terms import Terms, Underpowered, WhenUnderpowered
from tests.release.plans import STAGES, TOO_BAD, plan

HOUR, DAY = 3600.0, 86_400.0
LONG = replace(STAGES[0], hold=48 * HOUR, looks=LookSchedule((Look(60.0, HOUR), Look(900.0))))
LASTING = replace(TOO_BAD, condition=replace(TOO_BAD.condition, lasting=300.0))
BY_600 = Rehearsing("staging.env", 600.0)


def test_holds_and_looks_shrink_by_the_speed() -> None:
    [stage] = rehearsed(plan(stages=(LONG,)), BY_600).stages
    assert stage.hold == 288.0
    assert stage.looks == LookSchedule((Look(0.5, 6.0), Look(1.5)))


@pytest.mark.parametrize(("speed", "hold", "lasting"), [(600.0, 288.0, 1.0), (1e6, 4.0, 1.0), (60.0, 2880.0, 5.0)])
def test_no_time_shrinks_below_what_can_be_seen(speed: float, hold: float, lasting: float) -> None:
    found = rehearsed(plan(stages=(LONG,), rules=(LASTING,)), replace(BY_600, speed=speed))
    assert (found.stages[0].hold, found.rules[0].condition.lasting) == (hold, lasting)


def test_what_was_shorter_than_the_least_stays_as_it_is() -> None:
    brief = replace(STAGES[0], hold=2.0)
    found = rehearsed(plan(stages=(brief,)), BY_600)
    assert (found.stages[0].hold, found.rules[0].condition.lasting) == (2.0, 0.0)


def test_what_really_takes_its_time_keeps_it() -> None:
    found = rehearsed(plan(rollback_within=300.0, schedule={"build": PhaseTime("build", budget=600.0)}), BY_600)
    assert (found.rollback_within, found.schedule["build"].budget) == (300.0, 600.0)


def test_nobody_waits_for_the_clock_or_the_end_of_a_freeze() -> None:
    times = {"canary": PhaseTime("canary", at=540, budget=HOUR)}
    found = rehearsed(plan(schedule=times, freezes=Freezes(("a freeze",))), BY_600)  # type: ignore[arg-type]
    assert (found.schedule["canary"].at, found.schedule["canary"].budget, found.freezes.agreed) == (None, None, ())


def test_one_person_answers_for_all_also_who_wrote_it() -> None:
    agreed = Approval(("boss",), of=2, not_author=True, within=DAY, remind=HOUR)
    team = Team((Person("lea", "lea", "Lea"),), {"boss": ("lea",)})
    found = rehearsed(plan(approvals=(agreed,), team=team), BY_600)
    assert found.approvals == (Approval(("boss",), within=144.0, remind=60.0),)
    assert found.team is None


def test_the_watch_shrinks_and_what_is_signed_falls_due_within_it() -> None:
    watch = Watch(28 * DAY, LookSchedule((Look(DAY),)), reports=(Look(HOUR),))
    found = rehearsed(plan(watch=watch, sign_offs=(SignOff(7 * DAY, ("qa",), ("fine",)),)), replace(BY_600, speed=1e5))
    assert found.watch == Watch(
        pytest.approx(24.192), LookSchedule((Look(pytest.approx(0.864)),)), reports=(Look(5.0),)
    )
    assert found.sign_offs[0].after == pytest.approx(6.048)


def test_severities_are_watched_more_briefly_but_people_get_a_minute() -> None:
    ask = AskPeople(("on-call",), within=900.0, remind=300.0)
    severities = {"P1": Severity(Decision.ROLL_BACK), "P3": Severity(ask, 1800.0)}
    found = rehearsed(plan(severities=severities), BY_600).severities
    assert found == {"P1": Severity(Decision.ROLL_BACK), "P3": Severity(replace(ask, within=60.0, remind=60.0), 4.0)}


def test_a_rehearsal_asks_for_no_rehearsal() -> None:
    asked = Check("Rolled back lately", "rehearsed", rehearsed_check.Options(), 60.0)
    found = rehearsed(plan(gates={"g": (asked,)}), BY_600)
    assert found.gates["g"][0].not_applicable == "a rehearsal asks for no rehearsal"


def test_the_comparison_extends_and_looks_at_stable_for_less_time() -> None:
    terms = Terms(baseline=600.0, underpowered=WhenUnderpowered(Underpowered.EXTEND, HOUR))
    found = rehearsed(plan(compare=terms), BY_600).compare
    assert isinstance(found, Terms)
    assert (found.baseline, found.underpowered.up_to) == (1.0, 6.0)


def test_what_serves_again_is_watched_for_less_time() -> None:
    assert rehearsed(plan(monitored=HOUR), BY_600).monitored == 6.0


def test_setting_up_asks_nobody_and_moves_everybody_at_once() -> None:
    agreed = plan(approvals=(Approval(("boss",)),), watch=Watch(DAY, LookSchedule((Look(60.0),))), monitored=900.0)
    found = rehearsed(agreed, replace(BY_600, part=Part.SET_UP))
    assert (found.approvals, found.watch, found.rules, found.gates) == ((), None, (), {})
    assert found.monitored == 0.0, "staging may have to go back to be set up; nobody looks after it then"
    assert [str(each.share) for each in found.stages] == ["100%"]


def test_a_rehearsal_is_the_same_after_it_was_recorded() -> None:
    for each in (BY_600, Rehearsing("s.env", 5.0, True, Drill.DATABASE, "full", Part.SET_UP)):
        assert Rehearsing.from_record(each.to_record()) == each
    assert Rehearsing.from_record(None) is None
    assert str(Rehearsing("s.env", 5.0, drill=Drill.CODE)) == "drill code, 5 times as fast"
