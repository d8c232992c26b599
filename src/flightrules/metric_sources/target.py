"""What the processes of a version use: processor and memory, summed over its instances and their children.

Only processes on this machine can be measured: instances without a pid are left out. Processor time is a rate,
so the first look at a version gives nothing for it. Other figures are refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from flightrules.domain.errors import NotSupportedYet
from flightrules.domain.plan import Unit
from flightrules.domain.traffic import Instance
from flightrules.domain.verdict import Gauge, Sample
from flightrules.ports.clock import Clock
from flightrules.ports.metric_source import MetricSource, Question
from flightrules.ports.target import Target

if TYPE_CHECKING:
    import psutil

UNITS: Mapping[str, Unit] = {"cpu": Unit.PERCENT, "memory": Unit.BYTES}

Spent = Mapping[tuple[int, float], float]
"""Seconds of processor time that each process (its pid, when it was born) has used so far."""


class Options(BaseModel):
    """Options of `from: target`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Annotated[
        Literal["cpu", "memory"] | None, Field(description="What to read, where the metric has another name than that")
    ] = None


def unit_of(name: str, options: Options) -> Unit | None:
    """Return the unit of the metric `name`; None where it is not clear what to read."""
    return UNITS.get(options.value or name)


def create(options: Options, *, name: str, target: Target, clock: Clock, **unused: Any) -> MetricSource:
    """Return the source of the metric `name`."""
    value = options.value or name
    if value not in UNITS:
        what = f"the metric {name} is to come from the target, which can tell only cpu and memory"
        raise NotSupportedYet(what, f"Write `{name}: {{from: target, value: memory}}`, or `value: cpu`.")
    return Memory(target) if value == "memory" else Cpu(target, clock)


class Memory:
    """Resident memory in bytes."""

    def __init__(self, target: Target) -> None:
        self._target = target

    async def read(self, question: Question) -> Sample:
        """Return the bytes per version key."""
        used = {}
        for key, instances in (await _by_version(self._target, question)).items():
            if (bytes_used := await asyncio.to_thread(_memory, instances)) is not None:
                used[key] = Gauge(float(bytes_used))
        return used


class Cpu:
    """Processor time in percent of one core, since the look before."""

    def __init__(self, target: Target, clock: Clock) -> None:
        self._target = target
        self._clock = clock
        self._before: dict[str, tuple[float, Spent]] = {}

    async def read(self, question: Question) -> Sample:
        """Return the percentage per version key; a version that is seen for the first time is left out."""
        used = {}
        for key, instances in (await _by_version(self._target, question)).items():
            at, spent = self._clock.monotonic(), await asyncio.to_thread(_spent, instances)
            before = self._before.get(key)
            if spent and before is not None and at > before[0]:
                used[key] = Gauge(100 * _difference(before[1], spent) / (at - before[0]))
            self._before[key] = (at, spent)
        return used


async def _by_version(target: Target, question: Question) -> Mapping[str, list[Instance]]:
    asked = {version.key for version in question.versions.values()}
    found: dict[str, list[Instance]] = {key: [] for key in asked}
    for instance in await target.instances():
        if instance.version.key in asked:
            found[instance.version.key].append(instance)
    return found


def _difference(before: Spent, now: Spent) -> float:
    """Return the seconds used between two looks; a process that is new since used all of its seconds between."""
    return sum(seconds - before.get(process, 0.0) for process, seconds in now.items())


def _memory(instances: Iterable[Instance]) -> int | None:
    """Return the bytes; None where there is no process to measure."""
    import psutil

    sizes = []
    for process in _processes(instances):
        try:
            sizes.append(process.memory_info().rss)
        except psutil.Error:
            continue
    return sum(sizes) if sizes else None


def _spent(instances: Iterable[Instance]) -> Spent:
    import psutil

    spent = {}
    for process in _processes(instances):
        try:
            times = process.cpu_times()
            spent[process.pid, process.create_time()] = times.user + times.system
        except psutil.Error:
            continue
    return spent


def _processes(instances: Iterable[Instance]) -> Iterator[psutil.Process]:
    """Yield the processes of the instances, and all their children, each once."""
    import psutil

    seen: set[int] = set()
    for instance in instances:
        try:
            root = psutil.Process(instance.pid) if instance.pid is not None else None
            family = [root, *root.children(recursive=True)] if root else []
        except psutil.Error:
            continue
        yield from (process for process in family if process.pid not in seen)
        seen |= {process.pid for process in family}
