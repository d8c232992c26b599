"""The quick judges of a simulation decide what those of a release do: at the same look, in the same words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flightrules.domain.judging import judges
from flightrules.domain.plan import Plan
from flightrules.domain.terms import Terms as Agreed
from flightrules.domain.terms import Underpowered, WhenUnderpowered
from flightrules.simulation import described
from flightrules.simulation.flight import Terms, fly
from flightrules.simulation.flown import Flown
from flightrules.simulation.scenario import Usual
from flightrules.simulation.simulation import Described, Simulation
from tests.simulation.flights import RULES, STAGES, plan

TWO = """\
plan: shop
version: {from: argument}
services:
  web:
    target: {kind: local, directory: ., start: x, health: {http: /health}}
    traffic: {kind: envoy, listen: 127.0.0.1:80}
  api:
    target: {kind: local, directory: ., start: x, health: {http: /health}}
    traffic: {kind: envoy, listen: 127.0.0.1:81}
"""
OFTEN = STAGES.replace("every 15s", "every 1s")
COMPARED = plan(TWO + OFTEN + RULES)
STEPPING = plan(TWO + OFTEN + "rules:\n  - {if: error_rate > 2% for 20s, then: step back to canary}\n")
SCENARIOS = {
    "healthy": ("healthy",),
    "late and slight": ("error_rate of candidate 1% from stage graduated + 1m",),
    "the other service": ("error_rate of candidate in api 5% from stage canary + 3m",),
    "both services, at other times": (
        "error_rate of candidate in web 2% from stage canary + 2m",
        "error_rate of candidate in api 2% from stage canary + 2m 30s",
    ),
    "everything fails": ("error_rate of candidate 100% from stage graduated",),
    "slow": ("latency of candidate 2x from stage graduated + 2m",),
    "an outage of both": ("dependency outage 40% from stage graduated for 2m",),
    "silence": ("traffic drops to 0% from stage canary + 5m for 3m",),
    "the router is away": ("source of traffic down from stage canary + 4m for 1m", "error_rate of candidate 2%"),
}


def plainly(of: Plan, texts: tuple[str, ...], usual: Usual, seed: int) -> Flown:
    """The same flight, judged by the judges of a release."""
    faults = described.faults(texts, of, usual)
    return fly(of, Described(usual, faults).world(of, seed), judges(of), Terms())


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("of", [COMPARED, STEPPING], ids=["rules that call back", "rules that step back"])
@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_in_every_scenario_both_decide_the_same(of: Plan, scenario: tuple[str, ...], seed: int) -> None:
    usual = Usual(per_second=40)
    quick = Simulation(of, Described(usual, described.faults(scenario, of, usual)), Terms()).run(seed)
    assert quick == plainly(of, scenario, usual, seed)


@pytest.mark.slow
def test_a_hold_that_is_extended_until_it_is_certified_is_so_for_both() -> None:
    extended = replace(COMPARED, compare=Agreed(underpowered=WhenUnderpowered(Underpowered.EXTEND, 600.0)))
    usual = Usual(per_second=40, failing=0.004)
    quick = Simulation(extended, Described(usual, ()), Terms()).run(3)
    assert quick == plainly(extended, (), usual, 3)
    assert quick.visits[0].held > 600.0
