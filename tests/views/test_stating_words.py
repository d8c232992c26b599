"""What people state, in words: what was said, what is missing and what to type, in the view and in the plan."""

from pathlib import Path

import pytest

from flightrules.cli.plan_summary import summary
from flightrules.domain import observations
from flightrules.domain.verdict import CANDIDATE, Observation, Reading, Verdict
from flightrules.records import Records
from flightrules.testing.fake_clock import FakeClock
from flightrules.views import stating_words
from flightrules.views.following import Following
from flightrules.views.hints import of_rehearsal
from flightrules.views.model import ReleaseView, State
from tests.written import PLAN, Written

TEAM = "people: {anna: {}, bob: {login: bobby}}\nroles: {product: [anna, bob]}\n"
SAID_BY_PEOPLE = (
    PLAN.replace("memory: {from: target}", "memory: {from: target}\n  joy: {from: person, role: product, scale: 5}")
    .replace(
        "hold: 12s, look: every 1s, pass: error_rate < 1%, fail", "hold: 12s, look: every 1s, pass: joy >= 4, fail"
    )
    .replace("memory > 300 MB", "joy < 1")
)
TYPED = "flight measure joy NUMBER"
NOBODY = f"nobody has said it yet: {TYPED} (role product: anna, bobby)"
STATED = {"metric": "joy", "value": 4.5, "unit": "", "scale": 5.0, "by": "anna", "role": "product", "comment": ""}


@pytest.fixture
def written(records: Records, clock: FakeClock, tmp_path: Path) -> Written:
    (tmp_path / "team.yaml").write_text(TEAM)
    records.lease.acquire()
    return Written(records, clock, tmp_path, text=SAID_BY_PEOPLE)


def looked(written: Written, visit: str, value: float | None) -> ReleaseView:
    written.clock.advance(1)
    missing = (None, "") if value is not None else (Verdict.INSUFFICIENT, NOBODY)
    joy = Reading("joy", CANDIDATE, "web", value, *missing)
    roles, names = {"web": {CANDIDATE: written.candidate.key}}, {written.candidate.key: "v2"}
    seen = Observation(written.clock.now(), visit, (joy,), {}, roles, names, 1.0)
    written.records.observations.add(written.release.id, {**observations.to_record(seen), "paused": False})
    return Following(written.records, written.plan, written.release).view()


def test_a_stage_shows_what_to_type_as_long_as_nobody_has_said_it(written: Written) -> None:
    written.started().holds(1, "canary", 5)
    view = looked(written, "stages/1-canary", None)
    assert (view.state, view.can[0]) == (State.HOLDING, TYPED)
    assert next(metric.why for metric in view.metrics if metric.name == "joy") == NOBODY
    assert TYPED not in looked(written, "stages/1-canary", 4.5).can


def test_a_hold_that_is_over_says_whom_it_waits_for(written: Written) -> None:
    written.started().holds(1, "canary", 5)
    written.event("people.told", "stages/1-canary/insufficient", text="it goes on holding", urgent=True, role=None)
    view = looked(written, "stages/1-canary", None)
    assert view.state is State.WAITING
    assert view.now == f"canary, 5%: the hold is over, and data are missing to judge it; joy: {NOBODY}"
    assert view.to_decide == view.now
    assert view.can[0] == TYPED


def test_a_stage_that_does_not_need_it_asks_nobody(written: Written) -> None:
    written.started().holds(1, "canary", 5).ends(1, "canary").holds(2, "quarter", 25)
    assert TYPED not in looked(written, "stages/2-quarter", None).can


def test_of_a_rehearsal_it_is_said_to_the_state_of_rehearsals() -> None:
    assert of_rehearsal(TYPED, "here", "flight rehearse") == "flight measure --state here joy NUMBER"


def test_an_event_says_what_was_said_by_whom_and_the_remark() -> None:
    said = stating_words.SAY["metric.stated"]
    assert said(STATED)[0] == "joy is 4.5 of 5, says anna (product)"
    bare = {**STATED, "value": 55.0, "unit": "%", "scale": None, "role": "", "comment": "by the invoices"}
    assert said(bare)[0] == "joy is 55%, says anna: by the invoices"


def test_a_plan_shows_what_people_state_and_who_may(written: Written) -> None:
    assert "  people say  joy from 0 to 5 (role product: anna, bobby)" in list(summary(written.plan))
