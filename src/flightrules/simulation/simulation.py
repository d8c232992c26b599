"""A simulation that is ready to run: a plan, and where the readings come from.

One run takes one core; many runs take all of them, each with a seed of its own that follows from the given one, so
that the same command always prints the same.
"""

from __future__ import annotations

import gc
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from typing import Protocol

from flightrules.domain.plan import Plan
from flightrules.simulation.arrivals import NOT_TIMED, TIMED
from flightrules.simulation.faults import Fault
from flightrules.simulation.flight import Terms, fly
from flightrules.simulation.flown import Flown
from flightrules.simulation.judging import Judges, Late, asks_for_latency
from flightrules.simulation.scenario import Scenario, Usual
from flightrules.simulation.world import World

FEW = 4
"""So many runs are not worth starting processes for."""

SELDOM = (100_000, 50, 50)
"""After how many new objects Python looks for garbage, and how seldom among those that it kept before."""


class Readings(Protocol):
    """Where the readings of a simulated release come from."""

    def plan_for(self, plan: Plan) -> Plan:
        """Return `plan` as it reads its metrics from here."""

    def world(self, plan: Plan, seed: int) -> World:
        """Return a world to release in, at its beginning."""


@dataclass(frozen=True)
class Described:
    """A described scenario: what is so, and what happens."""

    usual: Usual
    faults: tuple[Fault, ...] = ()

    def plan_for(self, plan: Plan) -> Plan:
        """Return `plan`: what it reads is described as it is."""
        return plan

    def world(self, plan: Plan, seed: int) -> World:
        """Return the world, with the chance that `seed` stands for."""
        return Scenario(plan, self.usual, self.faults, seed, TIMED if asks_for_latency(plan) else NOT_TIMED)


@dataclass(frozen=True)
class Simulation:
    """A release to be simulated, any number of times."""

    plan: Plan
    readings: Readings
    terms: Terms

    def run(self, seed: int) -> Flown:
        """Return how a release goes with the chance that `seed` stands for."""
        plan = self.readings.plan_for(self.plan)
        due: dict[str, int] = {}
        while True:  # once, and once more for each service whose evidence reaches its limit before the others' does
            judges = Judges(plan, due)
            try:
                flown = fly(plan, self.readings.world(plan, seed), judges.all, self.terms)
                judges.settle()
                return flown
            except Late as late:
                due[late.service] = late.looks

    def run_many(self, seed: int, runs: int) -> list[Flown]:
        """Return how `runs` releases go, with the seeds from `seed` on."""
        seeds = range(seed, seed + runs)
        cores = len(os.sched_getaffinity(0))
        if runs < FEW or cores == 1:
            return [self.run(each) for each in seeds]
        with ProcessPoolExecutor(cores, get_context("forkserver"), _look_for_garbage_seldom) as pool:
            return list(pool.map(_run, repeat(self), seeds, chunksize=max(1, runs // (4 * cores))))


def _look_for_garbage_seldom() -> None:
    """Spare a sixth of the time: a release makes many objects, keeps few, and hardly ever makes a cycle of them."""
    gc.freeze()
    gc.set_threshold(*SELDOM)


def _run(simulation: Simulation, seed: int) -> Flown:
    return simulation.run(seed)
