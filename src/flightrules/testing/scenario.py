"""A whole release on fakes and a fake clock: given a world, when something is released, then look at it.

The world (versions, traffic, users, the state on disk, what the engine remembers) outlives the process that
releases, as in real life; `flight` itself may die at any moment of a `Fate` and is started again by `go_on`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flightrules import adapters, stories
from flightrules.domain.checks import Check
from flightrules.domain.database_plan import DatabasePlan
from flightrules.domain.events import Entry, Event
from flightrules.domain.migrations import PendingMigration
from flightrules.domain.outcome import Outcome
from flightrules.domain.plan import Plan
from flightrules.domain.traffic import Routes, Version
from flightrules.domain.verdict import Counters
from flightrules.engine.database_run import DatabaseRun
from flightrules.engine.given import Asked, Kept, Means
from flightrules.engine.run import Run, ServiceRun
from flightrules.ledger.ledger import Ledger
from flightrules.ports.check import Inspection, Tools
from flightrules.ports.commands import Command, CommandResult
from flightrules.ports.metric_source import MetricSource, Question
from flightrules.ports.target import Target
from flightrules.recovery.backups import Backups
from flightrules.state.checkpoints import Checkpoints
from flightrules.state.database import State, open_state
from flightrules.state.increments import Increments
from flightrules.state.observations import Observations
from flightrules.state.releases import RELEASE, Release, Releases
from flightrules.state.serving import Serving
from flightrules.testing.fake_clock import FakeClock
from flightrules.testing.fake_database import FakeServer, fake_database
from flightrules.testing.fake_durable import FakeDurable, Fate
from flightrules.testing.fake_fence import FakeFence
from flightrules.testing.fake_inbox import FakeInbox
from flightrules.testing.fake_notifier import FakeNotifier
from flightrules.testing.fake_processes import FakeProcesses
from flightrules.testing.fake_router import FakeRouter, FakeTraffic
from flightrules.testing.fake_target import FakeTarget

STABLE, CANDIDATE = "v1", "v2"


@dataclass
class Users:
    """Steady traffic: `per_second` requests, of which each version fails its share (0 to 1), by name."""

    per_second: float = 100.0
    failing: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    """Names of versions that get no request, whatever their share."""

    def use(self, traffic: FakeTraffic, elapsed: float) -> None:
        """Send what was sent in `elapsed` seconds, split as it is now."""
        routes = traffic.in_force
        if routes is None or routes.split is None or routes.closed is not None:
            return
        for key, share in routes.split.shares.items():
            name = routes.names.get(key, key)
            requests = 0 if name in self.silent else round(self.per_second * elapsed * share.basis_points / 10_000)
            bad = round(requests * self.failing.get(name, 0.0))
            traffic.feed(key, requests, bad=bad, seconds=self.seconds.get(name, 0.02))


class UsedRouter(FakeRouter):
    """A fake router with users: they used the service until now whenever somebody counts or shifts."""

    def __init__(self, traffic: FakeTraffic, fence: FakeFence, users: Users, clock: FakeClock, fate: Fate) -> None:
        super().__init__(traffic, fence)
        self._users = users
        self._clock = clock
        self._fate = fate
        self._used_until = clock.now()

    async def set_split(self, routes: Routes) -> None:
        """Shift, with a moment to die right before and right after."""
        self._use()
        self._fate.point("before the shift")
        await super().set_split(routes)
        self._fate.point("after the shift")

    async def counters(self) -> Mapping[str, Counters]:
        """Count, after everything that was used until now."""
        self._use()
        return await super().counters()

    def _use(self) -> None:
        elapsed, self._used_until = self._clock.now() - self._used_until, self._clock.now()
        self._users.use(self.traffic, elapsed)


class MortalLedger(Ledger):
    """A ledger beside whose entries the process may die."""

    def __init__(self, state: State, clock: FakeClock, fate: Fate) -> None:
        super().__init__(state, clock)
        self._fate = fate

    def append(self, event: Event) -> Entry:
        """Append, with a moment to die right before and right after."""
        self._fate.point(f"before {event.kind}")
        entry = super().append(event)
        self._fate.point(f"after {event.kind}")
        return entry


class MortalObservations(Observations):
    """Looks beside whose storing the process may die."""

    def __init__(self, state: State, fate: Fate) -> None:
        super().__init__(state)
        self._fate = fate

    def add(self, release: str, record: Mapping[str, object]) -> int:
        """Store, with a moment to die right before and right after."""
        self._fate.point("before a look is stored")
        number = super().add(release, record)
        self._fate.point("after a look is stored")
        return number


class MortalCheckpoints(Checkpoints):
    """Checkpoints of the judging beside whose storing the process may die."""

    def __init__(self, state: State, fate: Fate) -> None:
        super().__init__(state)
        self._fate = fate

    def add(
        self, release: str, look: int, record: Mapping[str, Any], hold: Sequence[Mapping[str, Any]], after: int
    ) -> None:
        """Store, with a moment to die right before and right after."""
        self._fate.point("before a checkpoint is stored")
        super().add(release, look, record, hold, after)
        self._fate.point("after a checkpoint is stored")


class MortalList(list[str]):
    """What a fake database was asked for: the process may die right before it is done."""

    def __init__(self, asked: list[str], fate: Fate) -> None:
        super().__init__(asked)
        self._fate = fate

    def append(self, asked: str) -> None:
        """Note it, with a moment to die."""
        self._fate.point(f"before {asked}")
        super().append(asked)


class FakeCommands:
    """Commands that end at once: with 0, or with the status that `failing` has for their line.

    The lines in `endless` never end by themselves; `running` are those that have not ended.
    """

    def __init__(self) -> None:
        self.failing: dict[str, int] = {}
        self.endless: set[str] = set()
        self.ran: list[str] = []
        self.running: list[str] = []

    async def run(self, command: Command) -> CommandResult:
        """Remember the line, and end."""
        self.ran.append(command.line)
        self.running.append(command.line)
        try:
            if command.line in self.endless:
                await asyncio.Event().wait()
        finally:
            self.running.remove(command.line)
        return CommandResult(self.failing.get(command.line, 0), (), 0.0)


class TrafficSource:
    """What a router counted, as a metric source."""

    def __init__(self, router: FakeRouter) -> None:
        self._router = router

    async def read(self, question: Question) -> Mapping[str, Counters]:
        """Return the counters of the versions in question, by key."""
        asked = {version.key for version in question.versions.values()}
        return {key: counters for key, counters in (await self._router.counters()).items() if key in asked}


class Scenario:
    """One world, and the releases in it. `services` are released in order."""

    def __init__(self, folder: Path, plan: Plan, *, first: bool = False) -> None:
        self.clock = FakeClock()
        self.state = open_state(folder, self.clock)
        self.plan = plan
        self.users = Users()
        self.inbox = FakeInbox(self.clock)
        self.fence = FakeFence()
        self.targets = {s.name: FakeTarget(STABLE, CANDIDATE, service=s.name, fence=self.fence) for s in plan.services}
        self.traffic = {service.name: FakeTraffic() for service in plan.services}
        self.commands = FakeCommands()
        self.processes = FakeProcesses()
        self.notifier = FakeNotifier()
        self.remembered: dict[str, str] = {}
        self.sources: dict[str, MetricSource] = {}
        self.ledger = Ledger(self.state, self.clock)
        self.releases = Releases(self.state)
        self.serving = Serving(self.state)
        self._later: list[asyncio.Future[None]] = []
        self.trouble: Callable[[], str | None] = lambda: None
        self.first = first
        self.without_stable: set[str] = set()
        """The services that are new beside others."""
        self.only_stable = False
        """Set for the stories that are about what is in service, with no candidate beside it."""
        self.variables: dict[str, str | None] = {}
        """Every variable of the environment."""
        self.id = "r1"
        self.override_freeze = ""
        """Why a release may begin in a freeze."""
        self.servers = {each.name: FakeServer(each.name, {each.name: {}}) for each in plan.databases}
        self.pending = {each.name: PendingMigration("a1") for each in plan.databases}
        """What is pending for each database of the plan; nothing where a test says nothing else."""

    async def given_stable(self) -> None:
        """Let v1 serve, as an earlier release left it."""
        self.releases.create(Release("r0", RELEASE, "shop", "", "", "anna"))
        self.releases.finish("r0", "released")
        for name, target in self.targets.items():
            version = await target.identify(STABLE)
            await target.build(version)
            await target.ensure_running(version)
            self.serving.set_stable(name, version, "r0")
            target.calls.clear()

    async def release(self, fate: Fate | None = None, story: str = RELEASE) -> Outcome:
        """Release v2 where v1 serves, until it ends or the process dies. Called again, it goes on."""
        if not self.first and not any(self.serving.stable(service.name) for service in self.plan.services):
            await self.given_stable()
        self.releases.create(Release(self.id, story, "shop", "", "", "anna"))
        run = await self.run_of(fate or Fate())
        return await stories.carry_out(story, run)

    async def run_of(self, fate: Fate) -> Run:
        """Return the release under way, in a process of its own."""
        return Run(
            Asked(self.id, by="anna", reason="a test wants it", override_freeze=self.override_freeze),
            self.plan,
            [await self._service(name, fate) for name in self.targets],
            [self._database(each, fate) for each in self.plan.databases],
            kept=Kept(
                ledger=MortalLedger(self.state, self.clock, fate),
                durable=FakeDurable(self.remembered, fate),
                observations=MortalObservations(self.state, fate),
                increments=Increments(self.state),
                checkpoints=MortalCheckpoints(self.state, fate),
                serving=self.serving,
                trouble=lambda: self.trouble(),
            ),
            means=Means(
                inbox=self.inbox,
                fence=self.fence,
                clock=self.clock,
                commands=self.commands,
                processes=self.processes,
                inspection=self._inspection,
                notifiers=(self.notifier,),
            ),
        )

    def _inspection(self, check: Check, name: str) -> Inspection:
        tools = Tools(
            name=name,
            within=check.within,
            plan_folder=Path(self.plan.folder),
            keep=Path(self.plan.folder) / "evidence",
            base="",
            candidate=CANDIDATE,
            commands=self.commands,
            clock=self.clock,
            environment=check.environment,
            variables=lambda: self.variables,
            team=self.plan.team,
            zone=self.plan.freezes.zone,
            lasts=self.plan.lasts(),
        )
        made: Inspection = adapters.module(adapters.CHECKS, check.kind).create(check.options, tools)
        return made

    def target(self, name: str) -> Target:
        """Return the target of a service as a process of `flight` gets it."""
        return self.targets[name]

    def router(self, name: str, fate: Fate) -> FakeRouter:
        """Return the router of a service as a process of `flight` gets it."""
        return UsedRouter(self.traffic[name], self.fence, self.users, self.clock, fate)

    async def _service(self, name: str, fate: Fate) -> ServiceRun:
        target, router = self.target(name), self.router(name, fate)
        return ServiceRun(
            name=name,
            candidate=await target.identify(STABLE if self.only_stable else CANDIDATE),
            stable=None if self.first or name in self.without_stable else await target.identify(STABLE),
            target=target,
            router=router,
            address="127.0.0.1:1",
            drain=5.0,
            keep_previous=3600.0,
            sources={"traffic": TrafficSource(router), **self.sources},
        )

    def _database(self, agreed: DatabasePlan, fate: Fate) -> DatabaseRun:
        server = self.servers[agreed.name]
        server.asked = MortalList(server.asked, fate)
        database = fake_database(server, self.fence, self.pending[agreed.name] if agreed.migrates else None)
        folder = self.state.folder / "databases" / agreed.name
        backups = Backups(agreed.name, folder / "backups", agreed.adapter.options.backup, database.copies, self.clock)
        code, exported = (lambda version: Path(version.name)), folder / "exported"
        return DatabaseRun(agreed.name, agreed, lambda: (database, backups), code, exported)

    def later(self, seconds: float, act: Callable[[], object]) -> None:
        """Do something when so much virtual time has passed."""

        async def wait() -> None:
            await self.clock.sleep(seconds)
            act()

        self._later.append(asyncio.ensure_future(wait()))

    def shares(self, service: str = "web") -> dict[str, float]:
        """Return what share each version has now, in percent, by name; empty while the page is shown."""
        routes = self.traffic[service].in_force
        if routes is None or routes.split is None:
            return {}
        named = {routes.names.get(key, key): share.basis_points / 100 for key, share in routes.split.shares.items()}
        return {name: percent for name, percent in named.items() if percent}

    def kinds(self) -> list[str]:
        """Return the kinds of all events of the release, in order."""
        return [entry.event.kind for entry in self.ledger.entries(release=self.id)]

    def events(self, kind: str) -> list[Mapping[str, object]]:
        """Return the data of all events of one kind."""
        return [entry.event.data for entry in self.ledger.entries(release=self.id) if entry.event.kind == kind]

    def running(self, service: str = "web") -> set[str]:
        """Return the names of the versions that run."""
        return {instance.version.name for instance in self.targets[service]._running.values()}

    def serves(self, service: str = "web") -> Version | None:
        """Return what is on record as being in service."""
        return self.serving.stable(service)
