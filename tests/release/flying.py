"""A release in rough weather: what may happen to it, and `flight` as processes that die and are started again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flightrules.domain.errors import Fenced, SourceUnreachable
from flightrules.domain.outcome import Outcome
from flightrules.domain.signals import Ask
from flightrules.domain.verdict import ALL
from flightrules.testing.fake_durable import Crash
from flightrules.testing.fake_fence import FakeFence
from flightrules.testing.fake_metric_source import FakeMetricSource
from flightrules.testing.scenario import CANDIDATE, STABLE
from tests.release.watched import Moments, Watched

SECRET = "correct-horse-battery"
"""Turns up in everything that goes wrong, and must turn up nowhere else."""


class LeasedMoments(Moments):
    """The fate of a process that knows its lease, and notices what is put on record without one."""

    def __init__(self, fence: FakeFence) -> None:
        super().__init__()
        self.fence = fence
        self.out_of_turn: list[str] = []

    def point(self, name: str) -> None:
        if self.fence.lost and "." in name and "/" not in name:
            self.out_of_turn.append(name)
        super().point(name)


@dataclass(eq=False)
class Process:
    """One process of `flight`, with its lease and its fate."""

    task: asyncio.Task[Outcome]
    fate: LeasedMoments
    fence: FakeFence


class Flying:
    """The processes of `flight` that drive one release; the last one is in command."""

    def __init__(self, world: Watched) -> None:
        self.world = world
        self.memory = FakeMetricSource({ALL: 50.0})
        self.memory.answers({ALL: 50.0})
        world.sources["memory"] = self.memory
        world.ledger.mask([SECRET])
        self.ending: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.processes: list[Process] = []
        self.start()

    @property
    def ended(self) -> bool:
        return self.ending.done()

    def start(self) -> None:
        """Start a process; it takes the lease over from whoever has it."""
        if self.processes:
            self.processes[-1].fence.lost = True
        self.world.starts.append(self.world.clock.now())
        fence = self.world.fence = FakeFence(len(self.processes) + 1)
        fate = LeasedMoments(fence)
        process = Process(asyncio.ensure_future(self.world.release(fate)), fate, fence)
        self.processes.append(process)
        process.task.add_done_callback(lambda _: self._went(process))

    def _went(self, process: Process) -> None:
        if process.task.cancelled():
            return
        error = process.task.exception()
        if process is not self.processes[-1]:
            if not isinstance(error, Fenced) and not _died(error):
                self.ending.set_exception(AssertionError(f"a process without a lease ended with {process.task}"))
        elif error is None:
            self.ending.set_result(process.task.result())
        elif _died(error):
            self.start()
        else:
            self.ending.set_exception(error)

    def dies_in(self, moments: int) -> None:
        """Let the process in command die so many moments from now."""
        fate = self.processes[-1].fate
        fate.dies_at = len(fate.passed) + moments

    async def close(self) -> None:
        """End whatever still runs."""
        for process in self.processes:
            process.task.cancel()
        await asyncio.gather(*(process.task for process in self.processes), return_exceptions=True)


def _died(error: BaseException | None) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return error.split(Crash)[1] is None
    return isinstance(error, Crash)


Act = Callable[[Flying], object]


def _targets(flying: Flying):
    return flying.world.targets.values()


def _each(what: Callable[..., object], *arguments: object) -> Act:
    return lambda flying: [what(target, *arguments) for target in _targets(flying)]


def _sicken(target, name: str) -> None:
    target.sicken(name, f"answered 503: {SECRET}")


def _ask(ask: Ask, **arguments: object) -> Act:
    return lambda flying: flying.world.ask(ask, reason=f"a test, {SECRET}", **arguments)


def _users(**failing: float) -> Act:
    return lambda flying: flying.world.users.failing.update(failing)


def _lose_router(flying: Flying) -> None:
    flying.world.lose_router(next(iter(flying.world.targets)), f"connection refused: {SECRET}")


def _find_routers(flying: Flying) -> None:
    for service in flying.world.targets:
        flying.world.find_router(service)


def _per_second(requests: float) -> Act:
    return lambda flying: setattr(flying.world.users, "per_second", requests)


def _die(flying: Flying, name: str) -> None:
    for target in _targets(flying):
        target.kill(name)
    flying.world.later(2.0, lambda: flying.world.revive(name))


ACTS: dict[str, Act] = {
    "pause": _ask(Ask.PAUSE),
    "resume": _ask(Ask.RESUME),
    "promote": _ask(Ask.PROMOTE),
    "step back": _ask(Ask.STEP_BACK),
    "step back to canary": _ask(Ask.STEP_BACK, to="canary"),
    "abort": _ask(Ask.ABORT),
    "rollback": _ask(Ask.ROLLBACK),
    "shutdown": _ask(Ask.SHUTDOWN),
    "candidate falls ill": _each(_sicken, CANDIDATE),
    "candidate gets well": lambda flying: flying.world.make_well(CANDIDATE),
    "candidate dies": lambda flying: _die(flying, CANDIDATE),
    "stable falls ill": _each(_sicken, STABLE),
    "stable gets well": lambda flying: flying.world.make_well(STABLE),
    "stable dies": lambda flying: _die(flying, STABLE),
    "router is lost": _lose_router,
    "router is found": _find_routers,
    "router is slow once": lambda flying: flying.world.be_slow_once(next(iter(flying.world.targets))),
    "candidate fails a little": _users(v2=0.04),
    "candidate fails a lot": _users(v2=0.5),
    "candidate answers well": _users(v2=0.0),
    "nobody comes": _per_second(0),
    "people come": _per_second(100),
    "memory is full": lambda flying: flying.memory.answers({ALL: 95.0}),
    "memory is free": lambda flying: flying.memory.answers({ALL: 50.0}),
    "memory says nothing": lambda flying: flying.memory.answers({}),
    "memory hangs": lambda flying: flying.memory.hangs(),
    "memory breaks": lambda flying: flying.memory.breaks(SourceUnreachable(f"no route: {SECRET}")),
    "memory breaks badly": lambda flying: flying.memory.breaks(ZeroDivisionError(SECRET)),
    "nobody can be told": lambda flying: flying.world.notifier.breaks(OSError(f"no line: {SECRET}")),
    "the notifier hangs": lambda flying: flying.world.notifier.hangs(),
    "the verification fails": lambda flying: flying.world.commands.failing.update({"check orders": 1}),
    "flight dies": lambda flying: flying.dies_in(1),
    "flight dies in 5": lambda flying: flying.dies_in(5),
    "flight dies in 12": lambda flying: flying.dies_in(12),
    "flight is taken over": lambda flying: flying.start(),
}
"""Everything that may happen."""

HEALS: Sequence[str] = (
    "candidate gets well",
    "stable gets well",
    "router is found",
    "candidate answers well",
    "people come",
    "memory is free",
)


async def fly(world: Watched, script: Sequence[tuple[float, str]]) -> Outcome:
    """Release, let `script` happen (seconds after the one before, what), then let everything heal, to the end.

    A person resumes whatever waits for one, and calls the release back if even that does not end it.
    """
    flying = Flying(world)
    try:
        for delay, name in script:
            await world.clock.sleep(delay)
            await world.settle(5)
            if flying.ended:
                break
            ACTS[name](flying)
        return await _to_the_end(flying)
    finally:
        world.out_of_turn = [each for process in flying.processes for each in process.fate.out_of_turn]
        await flying.close()


async def _to_the_end(flying: Flying) -> Outcome:
    world = flying.world
    for name in HEALS:
        ACTS[name](flying)
    for round_ in range(80):
        for _ in range(6):
            await world.clock.sleep(5)
            if flying.ended:
                return flying.ending.result()
        if round_ < 60:
            world.ask(Ask.RESUME)
        else:
            world.ask(Ask.ABORT, reason="it does not end")
    raise AssertionError("everything is well, people resumed and called it back, and it does not end")
