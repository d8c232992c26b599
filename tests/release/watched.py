"""A world in which nothing escapes notice: every effect is written down, beside what was true at that moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import text

from flightrules.domain.plan import Plan
from flightrules.domain.signals import Ask
from flightrules.domain.traffic import Routes, Version
from flightrules.state.observations import Observations, Seen
from flightrules.state.releases import OPEN
from flightrules.testing.fake_durable import Fate
from flightrules.testing.fake_fence import FakeFence
from flightrules.testing.fake_router import FakeRouter
from flightrules.testing.fake_target import FakeTarget
from flightrules.testing.scenario import CANDIDATE, STABLE, Scenario, UsedRouter


@dataclass(frozen=True)
class Effect:
    """Something that was done to the outside world: `build`, `start`, `stop` or `shift`.

    `entry` is the number of the last entry that the ledger had then, `ill` are the names of the versions that were
    not healthy, `shares` is the traffic in percent by name (of a shift: as it is afterwards).
    """

    what: str
    service: str
    at: float
    entry: int
    ill: frozenset[str]
    shares: dict[str, float]
    version: str = ""
    routes: Routes | None = None


class Moments(Fate):
    """A fate in which something happens at chosen moments: at the first of a name, or by number from 1."""

    def __init__(self, dies_at: int | None = None, at: dict[int, Callable[[], object]] | None = None) -> None:
        super().__init__(dies_at)
        self.when: dict[str, Callable[[], object]] = {}
        self.at = at or {}

    def point(self, name: str) -> None:
        super().point(name)
        self.at.get(len(self.passed), lambda: None)()
        self.when.pop(name, lambda: None)()


class NotedCalls(list):
    """The calls of a fake target, each noted as it is made."""

    def __init__(self, note: Callable[[str, str], None]) -> None:
        super().__init__()
        self._note = note

    def append(self, call: tuple[str, str]) -> None:
        self._note(*call)
        super().append(call)


class WatchedRouter(UsedRouter):
    """Refuses versions that are ill according to the target, as a real router finds out by its health checks."""

    def __init__(self, world: Watched, service: str, fate: Fate) -> None:
        super().__init__(world.traffic[service], world.fence, world.users, world.clock, fate)
        self._world, self._service = world, service

    async def set_split(self, routes: Routes) -> None:
        await self._world.take_time(self._service)
        if broken := self._world.broken_shifts.get(self._service):
            raise broken
        ill = self._world.ill(self._service)
        self.traffic.unhealthy = {key for key, name in routes.names.items() if name in ill}
        before = len(self.traffic.history)
        try:
            await super().set_split(routes)
        finally:  # also when the process died right after it
            if len(self.traffic.history) > before:
                self._world.note("shift", self._service, routes=routes)


class FencedTarget:
    """What a process of `flight` holds of the target that all of them share: its own lease is asked each time."""

    def __init__(self, target: FakeTarget, fence: FakeFence) -> None:
        self._target, self._fence = target, fence

    async def identify(self, name):
        return await self._target.identify(name)

    async def instances(self):
        return await self._target.instances()

    async def build(self, version: Version):
        self._fence.check()
        return await self._target.build(version)

    async def ensure_running(self, version: Version):
        self._fence.check()
        return await self._target.ensure_running(version)

    async def stop(self, version: Version):
        self._fence.check()
        return await self._target.stop(version)

    async def break_down(self, version: Version):
        self._fence.check()
        return await self._target.break_down(version)


class Watched(Scenario):
    """A scenario with a journal of effects. Each process of `flight` in it has a lease of its own."""

    def __init__(self, folder, plan: Plan, **how) -> None:
        super().__init__(folder, plan, **how)
        self.fence = FakeFence()  # the targets outlive every process, and keep their own
        self.journal: list[Effect] = []
        self.slow: set[str] = set()
        self.was_slow = False
        self.broken_shifts: dict[str, Exception] = {}
        self.shifting: list[str] = []
        """Services whose router is taking its time right now."""
        self.sent: list[int] = []
        self.starts: list[float] = []
        """When processes began to drive the release."""
        self.out_of_turn: list[str] = []
        """What processes put on record that had lost their lease."""
        for name, target in self.targets.items():
            target.calls = NotedCalls(lambda what, version, service=name: self.note(what, service, version))

    async def given_stable(self) -> None:
        await super().given_stable()
        self.journal.clear()

    def target(self, name: str):
        return FencedTarget(self.targets[name], self.fence)

    def router(self, name: str, fate: Fate) -> FakeRouter:
        return WatchedRouter(self, name, fate)

    def note(self, what: str, service: str, version: str = "", routes: Routes | None = None) -> None:
        entry, _ = self.ledger.head()
        ill = frozenset(self.ill(service))
        shares = self.shares(service)
        self.journal.append(Effect(what, service, self.clock.now(), entry, ill, shares, version, routes))

    def ill(self, service: str) -> set[str]:
        """Return the names of the versions that cannot serve at this moment."""
        running = self.targets[service]._running.values()
        well = {each.version.name for each in running if each.healthy and each.pid is not None}
        return {STABLE, CANDIDATE} - well

    async def serve(self) -> None:
        """Let v1 have the traffic, as an earlier release left it."""
        self.only_stable = True
        await self.given_stable()
        await self.release(story=OPEN)
        self.another("r1")
        self.journal.clear()

    def another(self, release: str) -> None:
        """Go on with another release, in a process of its own."""
        self.releases.finish(self.id, "ended")
        self.id = f"{release}-again" if self.id == release else release
        self.remembered = {}

    def break_the_watch(self) -> None:
        """Let nothing that is seen be stored any more."""
        self.state.write(lambda connection: connection.execute(text("DROP TABLE observations")))

    def be_slow_once(self, service: str) -> None:
        """Let the next shift of `service` take a minute."""
        self.slow.add(service)

    def break_shifts(self, service: str, broken: Exception | None) -> None:
        """Let every shift of `service` raise `broken`, or none any more."""
        self.broken_shifts = {service: broken} if broken else {}

    async def take_time(self, service: str) -> None:
        """Wait, where the router was told to be slow."""
        if service in self.slow:
            self.slow.remove(service)
            self.was_slow = True
            self.shifting.append(service)
            try:
                await self.clock.sleep(60)
            finally:
                self.shifting.remove(service)

    def lose_router(self, service: str = "web", why: str = "connection refused") -> None:
        """Let the router answer nothing any more."""
        self.traffic[service].unreachable = why

    def find_router(self, service: str = "web") -> None:
        """Let the router answer again."""
        self.traffic[service].unreachable = ""

    def seen(self) -> list[Seen]:
        """Return every look of the release."""
        return list(Observations(self.state).of(self.id))

    def ask(self, ask: Ask, **arguments: object) -> int:
        """Send a signal, and remember it."""
        self.sent.append(self.inbox.send(ask, "otto", arguments))
        return self.sent[-1]

    def answer(self) -> str | None:
        """Return the answer to the last signal."""
        return self.inbox.answers.get(self.sent[-1]) if self.sent else None

    def candidate_share(self, service: str = "web") -> float:
        """Return the candidate's share now, in percent."""
        return self.shares(service).get(CANDIDATE, 0.0)

    def shifts(self, service: str = "web") -> list[Effect]:
        """Return the shifts of a service, in order."""
        return [each for each in self.journal if (each.what, each.service) == ("shift", service)]

    async def until(self, condition: Callable[[], bool], seconds: float = 3600) -> None:
        """Let virtual time pass until `condition` holds."""
        for _ in range(round(seconds / 0.25)):
            if condition():
                return
            await self.clock.sleep(0.25)
        raise AssertionError("it never came to that")

    async def settle(self, turns: int = 200) -> None:
        """Let everybody do what they can do without time passing."""
        for _ in range(turns):
            await asyncio.sleep(0)

    def revive(self, version: str) -> None:
        """Start the dead instances of a version again, as supervisord does by itself."""
        for target in self.targets.values():
            for name, each in target._running.items():
                if each.version.name == version and each.pid is None:
                    target._running[name] = replace(each, pid=1, healthy=True, why="")

    def make_well(self, version: str) -> None:
        """Let every instance of a version serve again."""
        self.revive(version)
        for target in self.targets.values():
            target.heal(version)
