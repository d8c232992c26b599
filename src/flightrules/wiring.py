"""Puts the parts of a release together.

With `reaching` (databases) and `measuring` (metrics) it is all that knows concrete classes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from flightrules import adapters, measuring
from flightrules.clocks.system import SystemClock
from flightrules.domain.database_plan import DatabasePlan
from flightrules.domain.errors import Fenced
from flightrules.domain.plan import Plan, Service
from flightrules.domain.traffic import Version
from flightrules.reaching import Worker, reached
from flightrules.records import Records
from flightrules.state.arrivals import ArrivingInbox
from flightrules.state.changes import Changes
from flightrules.state.releases import Release
from flightrules.state.spare import Spare

if TYPE_CHECKING:
    from flightrules.domain.checks import Check
    from flightrules.engine.database_run import DatabaseRun
    from flightrules.engine.dbos_engine import DbosEngine
    from flightrules.engine.durable import Durable
    from flightrules.engine.run import Run, ServiceRun
    from flightrules.ports.check import Inspection
    from flightrules.ports.database import Database
    from flightrules.ports.processes import Processes
    from flightrules.ports.router import Router
    from flightrules.ports.target import HoldsCode, Target
    from flightrules.recovery.backups import Backups


TO_LAUNCH = 1024**2
"""Free bytes that the engine needs to begin, and more than it has been seen to take."""

PROCESSES = "processes"
"""The folder of what runs, in a state."""


async def running(records: Records) -> tuple[str, ...]:
    """Return the names of the programs that run for this state, supervisord among them; nothing is touched."""
    from flightrules.processes.onlooker import Onlooker

    here = Onlooker(records.state.folder / PROCESSES)
    programs = [each.name for each in await here.listing() if each.running]
    return (*programs, "supervisord") if here.keeper else tuple(programs)


class NoLease:
    """The `Fence` of commands that only look."""

    token = 0

    def check(self) -> None:
        """Raise `Fenced`: whoever looks touches nothing."""
        raise Fenced("this command only looks, and must not touch anything")


@dataclass(frozen=True)
class Hands:
    """What touches one service: its target and its router."""

    target: Target
    router: Router


class Workshop:
    """Makes the adapters that a plan names, and the releases that use them."""

    def __init__(self, records: Records, processes: Processes | None = None) -> None:
        from flightrules.processes.commands import ShellCommands
        from flightrules.processes.marks import MarkedProcesses
        from flightrules.processes.supervisord import Supervisord

        self.records = records
        self.clock = SystemClock()
        self.processes = processes or Supervisord(records.state.folder / PROCESSES, self.clock)
        self.commands = ShellCommands(records.state.folder / Worker.commands, self.clock)
        self.marks = MarkedProcesses(records.state.folder / "marked")

    @classmethod
    def to_look_around(cls, records: Records) -> Workshop:
        """Return one for commands without the lease: what it makes can look, and cannot start or end anything."""
        from flightrules.processes.onlooker import Onlooker

        return cls(records, Onlooker(records.state.folder / PROCESSES))

    def hands(self, plan: Plan, service: Service) -> Hands:
        """Return the target and the router of `service`."""
        folder = self.records.state.folder / "services" / service.name
        shared = {"service": service.name, "processes": self.processes, "clock": self.clock}
        fence = self.records.lease
        target = adapters.module(adapters.TARGETS, service.target.kind).create(
            service.target.options,
            folder=folder / "target",
            plan_folder=Path(plan.folder),
            version_from=plan.version.kind,
            fence=fence,
            **shared,
        )
        router = adapters.module(adapters.ROUTERS, service.router.kind).create(
            _router_options(service), folder=folder / "router", fence=fence, **shared
        )
        return Hands(target, router)

    def occupant(self, address: str) -> str | None:
        """Return who listens on `address` (`host:port`) of this machine; None where nobody does."""
        from flightrules.processes.listening import occupant

        host, _, port = address.rpartition(":")
        return occupant(host.strip("[]"), int(port))

    def run(self, release: Release, plan: Plan, durable: Durable) -> Run:
        """Return the release under way that `release` records."""
        from flightrules.engine.given import Asked, Kept, Means
        from flightrules.engine.run import Run

        records = self.records
        versions = release.arguments["services"]
        databases = [self.database(plan, each) for each in plan.databases]
        said = release.arguments
        return Run(
            Asked(release.id, release.started_by, said.get("reason", ""), said.get("override_freeze", "")),
            plan,
            [
                self._service(plan, service, versions[service.name], databases, release.id)
                for service in plan.services
                if service.name in versions
            ],
            databases,
            kept=Kept(
                ledger=records.ledger,
                durable=durable,
                observations=records.observations,
                increments=records.increments,
                checkpoints=records.checkpoints,
                serving=records.serving,
                trouble=lambda: records.state.trouble,
            ),
            means=Means(
                inbox=ArrivingInbox(records.inbox, Changes(records.state), self.clock),
                fence=records.lease,
                clock=self.clock,
                commands=self.commands,
                processes=self.processes,
                inspection=lambda check, name: self.inspection(plan, check, name, versions),
            ),
        )

    def inspection(self, plan: Plan, check: Check, name: str, versions: Mapping[str, Any]) -> Inspection:
        """Return `check`, ready to be carried out; `versions` are those of the release, by service."""
        from flightrules.ports.check import Tools

        service = next((each for each in plan.services if each.name == check.service), plan.services[0])
        # After a way back there is no candidate any more: what serves again is looked at.
        part = "stable" if name.partition("/")[2].startswith("back/") else "candidate"
        candidate = versions.get(service.name, {}).get(part) or {"name": "", "digest": ""}
        tools = Tools(
            name=name,
            within=check.within,
            plan_folder=Path(plan.folder),
            keep=self.records.state.folder / "evidence" / name,
            base=f"http://{service.router.options.listen}",
            candidate=candidate["name"],
            commit=candidate["digest"] if plan.version.kind == "git" else "",
            commands=self.commands,
            clock=self.clock,
            team=plan.team,
            zone=plan.freezes.zone,
            lasts=plan.lasts(),
            environment=check.environment,
            variables=lambda: _variables(plan),
        )
        made: Inspection = adapters.module(adapters.CHECKS, check.kind).create(check.options, tools)
        return made

    def database(self, plan: Plan, agreed: DatabasePlan) -> DatabaseRun:
        """Return one database of the plan. Nothing of it is touched, nor needs its variables, before it is used."""
        from flightrules.engine.database_run import DatabaseRun

        folder = self.records.state.folder
        service = next(each for each in plan.services if each.name == agreed.service)

        def reach() -> tuple[Database, Backups]:
            return reached(folder, plan, agreed, self.commands, self.clock, self.records.lease, Worker())

        def code(version: Version) -> Path:
            holder = cast("HoldsCode", self.hands(plan, service).target)  # targets without code are refused before
            return holder.code(version)

        return DatabaseRun(agreed.name, agreed, reach, code, folder / "databases" / agreed.name / "exported")

    def _service(
        self, plan: Plan, service: Service, versions: Mapping[str, Any], databases: Sequence[DatabaseRun], release: str
    ) -> ServiceRun:
        from flightrules.engine.run import ServiceRun
        from flightrules.phases.stating import OnRecord

        hands = self.hands(plan, service)
        told = {
            "service": service.name,
            "target": hands.target,
            "router": hands.router,
            "clock": self.clock,
            "plan_folder": Path(plan.folder),
            "marks": self.marks,
            "people": OnRecord(self.records.ledger, release, plan.team),
        }
        return ServiceRun(
            name=service.name,
            candidate=_version(versions["candidate"]),
            stable=_version(versions["stable"]) if versions["stable"] else None,
            target=hands.target,
            router=hands.router,
            address=service.router.options.listen,
            drain=service.router.options.drain,
            keep_previous=service.target.options.keep_previous,
            sources=measuring.sources(plan, databases, told),
        )


def _variables(plan: Plan) -> Mapping[str, str | None]:
    from flightrules.plan_file.variables import held, held_in_staging

    folder = Path(plan.folder)
    return held_in_staging(folder / plan.rehearsing.environment) if plan.rehearsing else held(folder, os.environ)


def _router_options(service: Service) -> Any:
    """Let the router look at the health where the target does, unless the plan says something else."""
    options, health = service.router.options, getattr(service.target.options, "health", None)
    if health is None or "health" in options.model_fields_set or "health" not in type(options).model_fields:
        return options
    return options.model_copy(update={"health": health.http or ""})


def _version(recorded: Mapping[str, str]) -> Version:
    return Version(recorded["name"], recorded["digest"])


@contextmanager
def engine(workshop: Workshop, plan_of: Any) -> Iterator[DbosEngine]:
    """Launch the engine: releases that had not ended go on. The lease must be held.

    `plan_of` returns the plan of a recorded release.
    """
    from flightrules import stories
    from flightrules.engine.dbos_engine import DbosEngine

    records = workshop.records

    async def carry_out(release_id: str, durable: Durable) -> str:
        release = records.releases.get(release_id)
        plan = plan_of(release)
        records.ledger.mask(plan.secrets, plan.names())
        run = workshop.run(release, plan, durable)
        try:
            outcome = await stories.carry_out(release.kind, run)
        finally:
            for each in run.databases:
                await each.close()
        records.releases.finish(release_id, str(outcome))
        records.checkpoints.forget(release_id)
        return str(outcome)

    workshop.marks.kill_all()
    spare = Spare(records.state.folder)
    spare.give_where_less_is_left(TO_LAUNCH)  # what is to go on may be the way back
    running = DbosEngine(records.state.folder / "engine.db", carry_out, spare.give)
    running.launch()
    try:
        yield running
    finally:
        running.close()
