"""The watch in a simulated release: weeks in service after the last stage."""

from __future__ import annotations

import pytest

from flightrules.simulation.flight import Terms
from flightrules.simulation.flown import End
from flightrules.simulation.scenario import Usual
from tests.simulation.flights import HEAD, RULES, STAGES, flown, plan

WATCH = """\
watch: {for: 7 days, look: [every 1m for 1h, every 4h], pass: error_rate < 1%}
sign_offs: [{after: 1 day, role: qa, items: [No critical incident, Users content]}]
"""
DAY = 86_400.0
USUAL = Usual(per_second=5)


def watched(text: str = WATCH):
    return plan(HEAD + STAGES + RULES + text)


def test_a_healthy_release_is_watched_for_as_long_as_was_agreed() -> None:
    went = flown("healthy", of=watched(), usual=USUAL)
    assert (went.end, went.says) == (End.RELEASED, "every stage passed, and the watch went as agreed")
    watch = went.visits[-1]
    assert (watch.stage, watch.share, watch.hold, watch.entered, watch.verdict) == (
        "watch",
        100,
        7 * DAY,
        1800.0,
        "pass",
    )
    assert watch.held == pytest.approx(7 * DAY, rel=0.03)
    assert 90 < watch.looks < 120
    assert [each.says for each in went.happenings if each.kind == "assumed"] == [
        "signed as agreed: No critical incident, Users content"
    ]


def test_a_rule_takes_a_release_back_in_its_watch_and_looks_again_as_soon_as_it_may_fire() -> None:
    went = flown("error_rate of candidate 30% from + 3 days", of=watched(), usual=USUAL)
    assert (went.end, went.stage) == (End.ROLLED_BACK, "watch")
    assert went.decided_by == "error_rate > 10% for 1m: roll back"
    assert went.detected is not None and went.detected < 4 * 3600 + 61
    assert went.back_at is not None


def test_a_watch_that_misses_what_was_agreed_asks_people_and_nobody_answers() -> None:
    missed = WATCH.replace("error_rate < 1%", "p95 < 1ms")
    went = flown("healthy", of=watched(missed), usual=USUAL, terms=Terms(patience=60.0))
    assert (went.end, went.stage) == (End.WAITS, "watch")
    assert went.says.startswith("the watch is over, and not everything is as agreed (p95 ")
    assert went.visits[-1].verdict == "fail"


def test_without_a_watch_a_release_ends_with_its_last_stage() -> None:
    went = flown("healthy", of=plan(), usual=USUAL)
    assert (went.decided_at, went.visits[-1].stage, went.says) == (1800.0, "full", "every stage passed")
