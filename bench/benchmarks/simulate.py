"""How fast the flight simulator flies: looks a minute, in whole releases with rules and the comparison."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from bench.effort import Effort
from bench.figures import median
from bench.rows import AtLeast, AtMost, Row
from flightrules import plan_file
from flightrules.domain.plan import Plan
from flightrules.simulation.flight import Terms
from flightrules.simulation.scenario import Usual
from flightrules.simulation.simulation import Described, Simulation

TITLE = "how many looks a minute the flight simulator takes"

RUNS = 32
PLAN = """\
plan: shop
version: {from: argument}
services:
  web:
    target: {kind: local, directory: ., start: x, health: {http: /health}}
    traffic: {kind: envoy, listen: "127.0.0.1:80"}
metrics:
  memory: {from: target}
stages:
  - {stage: canary,    traffic: 5%,   hold: HOLD, look: every 1s, pass: error_rate < 1%}
  - {stage: graduated, traffic: 25%,  hold: HOLD, look: every 1s, pass: [error_rate < 1%, p95 < 1s]}
  - {stage: full,      traffic: 100%, hold: HOLD, look: every 1s, pass: error_rate < 1%}
rules:
  - {if: error_rate > 10% for 5m,    then: roll back}
  - {if: availability < 95% for 10m, then: roll back}
  - {if: p95 > 5x baseline for 10m,  then: roll back}
  - {if: error_rate > 5%,            then: page on-call}
  - {if: error_rate > 4%,            then: warn}
  - {if: memory grows > 2% per hour, then: warn}
"""


async def measure(effort: Effort) -> Sequence[Row]:
    """Fly healthy releases, which take every look of their plan: many at once, and one alone."""
    hold, runs = effort.seconds(7200, 120), effort.times(RUNS, 4)
    many = [_looks_a_minute(_simulation(hold), runs) for _ in range(effort.times(3, 1))]
    one = [_looks_a_minute(_simulation(hold), 1) for _ in range(effort.times(3, 1))]
    return judged(many, one, len(os.sched_getaffinity(0)))


def judged(many: Sequence[float], one: Sequence[float], cores: int) -> list[Row]:
    """Return the rows for these looks a minute: over many runs on all cores, and in one run on one."""
    weeks = 4 * 7 * 86_400 / 15
    return [
        Row("looks, many runs on all cores", median(many), "a minute", AtLeast(1_000_000), f"{cores} cores"),
        Row("looks, one run on one core", median(one), "a minute", None, "1 core"),
        Row("four weeks of holds, a look every 15 s", 60 * weeks / median(one), "s", AtMost(60), "1 core"),
    ]


def _looks_a_minute(simulation: Simulation, runs: int) -> float:
    began = time.perf_counter()
    looks = sum(flown.looks for flown in simulation.run_many(1, runs))
    return 60 * looks / (time.perf_counter() - began)


def _simulation(hold: float) -> Simulation:
    return Simulation(_plan(hold), Described(Usual()), Terms())


def _plan(hold: float) -> Plan:
    return plan_file.load_text(PLAN.replace("HOLD", f"{hold:g}s"), "flight.yaml", Path(), {})
