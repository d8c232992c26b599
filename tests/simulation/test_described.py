"""The words of a scenario: what they mean, and what is said of those that mean nothing."""

from __future__ import annotations

import pytest

from flightrules.domain.plan import Plan
from flightrules.simulation import described
from flightrules.simulation.faults import BOTH, Down, Effect, Fails, Fault, Grows, Level, Times, Traffic, Whom
from flightrules.simulation.latencies import Slower
from flightrules.simulation.scenario import Usual
from tests.simulation.flights import plan

CANDIDATE, STABLE = Whom(("candidate",)), Whom(("stable",))


def meant(text: str, of: Plan | None = None) -> Fault:
    (fault,) = described.faults([text], of or plan(), Usual())
    return fault


@pytest.mark.parametrize(
    ("text", "effect", "whom"),
    [
        ("error_rate of candidate 3%", Fails(0.03), CANDIDATE),
        ("error_rate of candidate 20x", Fails(0.02), CANDIDATE),
        ("availability of stable 75%", Fails(0.25), STABLE),
        ("latency of candidate 2x", Slower(2.0), CANDIDATE),
        ("latency of both 3x on the slowest 2%", Slower(3.0, 0.02), Whom()),
        ("p99 of candidate 2x", Slower(2.0, 0.02), CANDIDATE),
        ("dependency outage", Fails(0.6), Whom()),
        ("dependency outage 90%", Fails(0.9), Whom()),
        ("slow leak 2% per hour", Grows("memory", 2.0, 3600.0), CANDIDATE),
        ("memory of candidate grows 2% per day", Grows("memory", 2.0, 86400.0), CANDIDATE),
        ("memory of both 300 MB", Level("memory", 3e8), Whom()),
        ("memory of candidate in web 2x", Times("memory", 2.0), Whom(("candidate",), "web")),
        ("traffic drops to 20%", Traffic(0.2), Whom()),
        ("traffic 3x", Traffic(3.0), Whom()),
        ("source of memory down", Down("memory"), Whom()),
        ("source of traffic in web down", Down("traffic"), Whom(BOTH, "web")),
        ("source of error_rate down", Down("traffic"), Whom()),
    ],
)
def test_what_happens_and_to_whom(text: str, effect: Effect, whom: Whom) -> None:
    fault = meant(text)
    assert (fault.effect, fault.whom, fault.stage, fault.after, fault.lasting) == (effect, whom, None, 0.0, None)


def test_a_percentile_in_seconds_slows_everything_until_it_is_that() -> None:
    effect = meant("p95 of candidate 540ms").effect
    assert isinstance(effect, Slower)
    assert (round(effect.factor, 2), effect.slowest) == (2.01, 1.0)


@pytest.mark.parametrize(
    ("words", "stage", "after", "lasting"),
    [
        ("from stage graduated + 10m", "graduated", 600.0, None),
        ("from stage graduated", "graduated", 0.0, None),
        ("from + 1h 30m for 5m", None, 5400.0, 300.0),
        ("from 2h", None, 7200.0, None),
        ("for 30 seconds", None, 0.0, 30.0),
    ],
)
def test_when_it_begins_and_how_long_it_lasts(
    words: str, stage: str | None, after: float, lasting: float | None
) -> None:
    fault = meant(f"dependency outage {words}")
    assert (fault.stage, fault.after, fault.lasting) == (stage, after, lasting)


def test_healthy_is_that_nothing_happens() -> None:
    assert described.faults(["healthy"], plan(), Usual()) == ()


@pytest.mark.parametrize(
    ("text", "what", "do"),
    [
        ("", "column 1: this scenario is empty", described.scenario_text.HINT),
        (
            "error_rate candidate 3%",
            "column 12: `candidate` does not fit into this scenario",
            described.scenario_text.HINT,
        ),
        (
            "error_rate of candidat 3%",
            "column 15: `candidat` is not a version; the versions are `candidate`, `stable` and `both`",
            "did you mean `candidate`?",
        ),
        (
            "error_rate of candidate 3% from stage graduatd",
            "column 39: `graduatd` is not a stage of this plan",
            "did you mean `graduated`?",
        ),
        (
            "error_rate of candidate in wb 3%",
            "column 28: `wb` is not a service of this plan",
            "did you mean `web`?",
        ),
        (
            "error_rate of candidate 300%",
            "column 25: 300% is not between 0% and 100%",
            "write for example `1%`",
        ),
        (
            "eror_rate of candidate 3%",
            "column 1: `eror_rate` is not a metric that a scenario can change",
            "did you mean `error_rate`?",
        ),
        (
            "request_rate of candidate 3",
            "column 1: how many requests there are is not up to one version",
            "write for example `traffic drops to 20%`",
        ),
        (
            "memory of candidate 3s",
            "column 21: `3s` is a time, and memory is a size",
            "write for example `memory of candidate 512 MB`",
        ),
        (
            "memory of candidate grows 3%",
            "column 27: growth by 3% has no time in which it grows",
            "write for example `memory of candidate grows 2% per hour`",
        ),
        (
            "memory of candidate 2x on the slowest 2%",
            "column 1: only latencies have a slowest part, memory has none",
            "write for example `memory of candidate 2x`",
        ),
        (
            "latency of candidate grows 2% per hour",
            "column 1: latency cannot change like that",
            "write for example `latency of candidate 2x`, `latency of candidate 3x on the slowest 2%`"
            " or `p95 of candidate 800ms`",
        ),
        (
            "traffic grows 2% per hour",
            "column 15: traffic cannot change like that",
            "write for example `traffic drops to 20%` or `traffic 3x`",
        ),
        (
            "source of memry down",
            "column 11: `memry` is not a metric with a source of its own; that of the router is `traffic`",
            "did you mean `memory`?",
        ),
        (
            "dependency outage for 0s",
            "column 23: `for 0s` lasts no time",
            "leave `for` out: then it lasts to the end",
        ),
    ],
)
def test_a_mistake_is_answered_with_its_column_and_what_to_write_instead(text: str, what: str, do: str) -> None:
    with pytest.raises(described.BadScenario) as caught:
        meant(text)
    assert (caught.value.what, caught.value.do) == (f"--scenario, {what}", do)


def test_a_leak_needs_a_metric_that_can_leak() -> None:
    from tests.simulation.flights import HEAD, STAGES

    without = plan(HEAD.replace("metrics:\n  memory: {from: target}\n", "") + STAGES)
    with pytest.raises(described.BadScenario, match="this plan measures no `memory`"):
        meant("slow leak 2% per hour", without)


def test_what_only_changes_is_given_a_level_to_start_from() -> None:
    grows, set_before = meant("slow leak 2% per hour"), meant("memory of both 300 MB")
    assert described.with_levels((grows,), plan()) == (Fault(Level("memory", 1e8)), grows)
    assert described.with_levels((set_before, grows), plan()) == (set_before, grows)
