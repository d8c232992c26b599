"""What people state, in a simulated release: a scenario says it, and what it does not say nobody has said."""

from pathlib import Path

import pytest

from flightrules import plan_file
from flightrules.domain.plan import Plan
from flightrules.simulation.flown import End
from tests.simulation.flights import HEAD, RULES, STAGES, flown


@pytest.fixture
def judged_by_people(tmp_path: Path) -> Plan:
    (tmp_path / "team.yaml").write_text("people: {anna: {}}\nroles: {product: anna}\n")
    text = HEAD.replace("metrics:", "metrics:\n  satisfaction: {from: person, role: product, scale: 5}") + RULES
    text += STAGES.replace("hold: 10m, look: every 15s, pass: error_rate < 1%}", "hold: 10m, look: every 15s, "
                           "pass: [error_rate < 1%, satisfaction >= 4]}")  # fmt: skip
    return plan_file.load_text(text, "flight.yaml", tmp_path, {})


def test_what_people_say_late_counts_for_the_whole_of_the_hold(judged_by_people: Plan) -> None:
    went = flown("satisfaction of candidate 4.5 from stage canary + 9m", of=judged_by_people)
    assert went.end is End.RELEASED
    assert went.visits[0].held == pytest.approx(600.0, abs=16.0)
    assert "satisfaction of candidate is 4.5, at or above the limit of 4" in went.visits[0].says


def test_what_people_say_of_a_bad_candidate_takes_it_back(judged_by_people: Plan) -> None:
    went = flown("satisfaction of candidate 3", of=judged_by_people)
    assert (went.end, went.stage) == (End.ROLLED_BACK, "canary")


def test_what_nobody_says_leaves_the_release_waiting(judged_by_people: Plan) -> None:
    went = flown("healthy", of=judged_by_people)
    assert went.end not in (End.RELEASED, End.ROLLED_BACK)
    assert "satisfaction" in went.says
