"""Plans and scenarios to fly, as short as the tests that need them."""

from dataclasses import replace
from pathlib import Path

from flightrules import plan_file
from flightrules.domain.plan import Plan
from flightrules.simulation import described
from flightrules.simulation.flight import Terms
from flightrules.simulation.flown import Flown
from flightrules.simulation.scenario import Usual
from flightrules.simulation.simulation import Described, Simulation

HEAD = """\
plan: shop
version: {from: argument}
services:
  web:
    target: {kind: local, directory: ., start: x, health: {http: /health}}
    traffic: {kind: envoy, listen: 127.0.0.1:80}
metrics:
  memory: {from: target}
compare: {off: what is tested here are the rules}
"""

STAGES = """\
stages:
  - {stage: canary,    traffic: 5%,   hold: 10m, look: every 15s, pass: error_rate < 1%}
  - {stage: graduated, traffic: 25%,  hold: 10m, look: every 15s, pass: [error_rate < 1%, p95 < 500ms]}
  - {stage: full,      traffic: 100%, hold: 10m, look: every 15s, pass: error_rate < 1%}
"""

RULES = """\
rules:
  - {if: error_rate > 10% for 1m, then: roll back}
"""


USUAL, TERMS = Usual(), Terms()


def plan(text: str = HEAD + STAGES + RULES) -> Plan:
    return plan_file.load_text(text, "flight.yaml", Path(), {})


def flown(
    *scenario: str,
    of: Plan | None = None,
    usual: Usual = USUAL,
    terms: Terms = TERMS,
    seed: int = 1,
) -> Flown:
    """How a release goes in this scenario."""
    read = of or plan()
    faults = described.with_levels(described.faults(scenario, read, usual), read)
    return Simulation(read, Described(usual, faults), replace(terms, start=0.0)).run(seed)


def steps(of: Flown) -> list[tuple[str, str]]:
    """What happened, with the stage, without the times."""
    return [(each.stage, each.kind) for each in of.happenings]
