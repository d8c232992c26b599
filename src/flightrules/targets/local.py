"""Versions as processes on this machine: built each in a place of its own, kept by a supervisor, reached on loopback.

Every instance has a port that the system chose, and keeps it over restarts. An instance counts as healthy only
while its own process runs: an answer from somebody else on its port is none. Refused: versions that are images.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from flightrules.domain import unset
from flightrules.domain.errors import NotHealthy, NotSupportedYet
from flightrules.domain.traffic import Instance, Version
from flightrules.ports.clock import Clock
from flightrules.ports.fence import Fence
from flightrules.ports.processes import Process, Processes, Program
from flightrules.ports.target import Target
from flightrules.targets._local.folder_source import FolderSource
from flightrules.targets._local.git_source import GitSource
from flightrules.targets._local.health import REFUSED, look
from flightrules.targets._local.options import Options
from flightrules.targets._local.places import HOST, Place, Places
from flightrules.targets._local.shell import as_one_process, names_port
from flightrules.targets._local.steps import Steps

POLL_SECONDS = 0.05
LAST_LINES = 20

__all__ = ["LocalTarget", "Options", "create"]


def create(
    options: Options,
    *,
    service: str,
    folder: Path,
    plan_folder: Path,
    version_from: str,
    processes: Processes,
    fence: Fence,
    clock: Clock,
) -> Target:
    """Return the target of `service`. `folder` is its own, in the state folder; nobody else writes there."""
    source: FolderSource | GitSource
    if version_from == "git":
        source = GitSource((plan_folder / options.directory).resolve(), service)
    elif version_from == "argument":
        source = FolderSource(plan_folder.resolve(), options.directory, service, folder.resolve())
    else:
        what = f"the target `local` of {service} cannot run versions that come from {version_from!r}"
        raise NotSupportedYet(what, "Write `version: {from: git}` or `version: {from: argument}`.")
    return LocalTarget(
        options, service, plan_folder.resolve(), Places(folder.resolve()), source, processes, fence, clock
    )


class LocalTarget:
    """The versions of one service on this machine."""

    def __init__(
        self,
        options: Options,
        service: str,
        plan_folder: Path,
        places: Places,
        source: FolderSource | GitSource,
        processes: Processes,
        fence: Fence,
        clock: Clock,
    ) -> None:
        self._options = options
        self._service = service
        self._slug = re.sub(r"[^A-Za-z0-9_-]+", "-", service)
        self._plan_folder = plan_folder
        self._places = places
        self._source = source
        self._processes = processes
        self._fence = fence
        self._clock = clock

    async def identify(self, name: str) -> Version:
        """Return the version that people call `name`. Raises `UnknownVersion`."""
        return await self._source.identify(name)

    async def build(self, version: Version) -> None:
        """Bring the version's files into a place of its own and run `build` there; neither, if that was done.

        Raises `BuildFailed`. A build that was interrupted is begun anew, after what is left of it was ended. From
        here on the version starts as the plan says now, and goes on to, whatever later plans say.
        """
        place = self._places.of(version)
        if not place.built:
            self._fence.check()
            await self._build_in(place, version)
        if not unset.missing(self._options.start):  # then the command that is known goes on to count
            place.start_with(self._options.start)

    async def _build_in(self, place: Place, version: Version) -> None:
        environment = self._environment(version)
        needed = (self._options.build or "", self._options.start, *environment.values())
        unset.refuse(needed, f"build {version} of {self._service}")
        await self._end_steps(version)
        await asyncio.to_thread(place.begin)
        steps = self._steps(version, place)
        inside = await self._source.fetch(version, place, steps)
        if self._options.build is not None:
            command = ("/bin/sh", "-ec", self._options.build)
            # For the build alone: what runs must not change with the files that lie beside the plan.
            own = {"PLAN_FOLDER": str(self._plan_folder)}
            await steps.run("build", command, place.files / inside, {**environment, **own})
        place.finish(version, inside)
        in_use = {key for process in await self._processes.listing() if (key := self._key_of(process.name))}
        await asyncio.to_thread(self._places.drop_old, self._options.keep_builds, in_use | {version.key})

    def code(self, version: Version) -> Path:
        """Return the folder in which the version's commands run."""
        return self._places.of(version).inside

    async def ensure_running(self, version: Version) -> tuple[Instance, ...]:
        """Start what is missing of `version`, adopt what runs, wait until every instance is healthy.

        What is healthy is adopted as it is, also where the plan has changed since: it carries traffic. Raises
        `NotHealthy` with the last lines of the log: at once when a process that was started here ended,
        otherwise after `health.within`. What was started is left as it is; `stop` ends it.
        """
        place = self._places.of(version)
        if not place.built:
            raise NotHealthy(f"{version} of {self._service} cannot start: it is not built", "Release it anew.", log=[])
        self._fence.check()
        there = {each.name: each for each in await self.instances() if each.pid is not None}
        names = {number: self._program_name(version, number) for number in range(1, self._options.instances + 1)}
        ports = place.ports(len(names), [number for number, name in names.items() if name in there])
        for number, name in names.items():
            if name not in there or not there[name].healthy:
                await self._processes.ensure(self._program(version, place, number, ports[number]))
        return await self._healthy(version, set(names.values()) - set(there))

    async def instances(self) -> tuple[Instance, ...]:
        """Return every instance that should run now, with its health; one whose process ended has no pid."""
        return await self._looked_at(await self._processes.listing(), self._options.health.each)

    async def stop(self, version: Version) -> None:
        """End every instance of `version` and whatever builds it."""
        self._fence.check()
        listed = await self._processes.listing()
        names = [process.name for process in listed if self._key_of(process.name) == version.key]
        await asyncio.gather(*(self._processes.end(name) for name in names))

    async def kill(self, version: Version) -> int:
        """Kill every instance of `version` as a crash would, for a drill; return of how many there were."""
        self._fence.check()
        running = [each for each in await self._processes.listing() if self._key_of(each.name) == version.key]
        return sum([await self._processes.kill(each.name) for each in running])

    async def break_down(self, version: Version) -> None:
        """Let `version` look healthy and fail every request, for a drill, until cancelled."""
        from flightrules.targets._local.impostor import stand_in

        addresses = [each.address for each in await self.instances() if each.version == version]
        path = self._options.health.http
        await stand_in(addresses, path and path.partition("?")[0], lambda: self.kill(version), self._clock)

    async def _healthy(self, version: Version, started: set[str]) -> tuple[Instance, ...]:
        """Look until all are healthy, one that was started here has ended, or time is up."""
        deadline = self._clock.monotonic() + self._options.health.within
        first: dict[str, int | None] = {}
        while True:
            left = max(deadline - self._clock.monotonic(), POLL_SECONDS)
            listed = [each for each in await self._processes.listing() if self._key_of(each.name) == version.key]
            seen = await self._looked_at(listed, min(self._options.health.each, left))
            if all(instance.healthy for instance in seen):
                return seen
            for instance in seen:
                if instance.name in started and instance.pid is None:
                    raise self._not_healthy(instance, instance.why)
                if instance.name in started and first.setdefault(instance.name, instance.pid) != instance.pid:
                    raise self._not_healthy(instance, "it ended and was started again")
            if self._clock.monotonic() >= deadline:
                late = next(instance for instance in seen if not instance.healthy)
                why = f"not healthy within {self._options.health.within:g}s: {late.why}{self._about_port(late)}"
                raise self._not_healthy(late, why)
            await self._clock.sleep(POLL_SECONDS)

    def _about_port(self, late: Instance) -> str:
        """Return what is most likely wrong where nobody listens: the program must be told, or ask, on which port."""
        if REFUSED not in late.why or names_port(self._places.of(late.version).start):
            return ""
        return "; does it listen on $PORT? The start command does not name it"

    def _not_healthy(self, instance: Instance, why: str) -> NotHealthy:
        log = list(self._processes.log(instance.name, LAST_LINES))
        what = f"{instance.version} of {self._service} cannot serve: {why}"
        return NotHealthy(what, "Look at its last lines, mend the version, and release again.", log=log)

    async def _looked_at(self, processes: Iterable[Process], limit: float) -> tuple[Instance, ...]:
        mine = [(process, place) for process in processes if (place := self._place_of(process.name))]
        return tuple(await asyncio.gather(*(self._look(process, place, limit) for process, place in mine)))

    async def _look(self, process: Process, place: Place, limit: float) -> Instance:
        number = int(process.name.rpartition(".")[2])
        address = f"{HOST}:{place.remembered_ports()[number]}"
        why = await look(self._options.health, address, limit) if process.running else process.why
        version = place.version
        assert version is not None
        return Instance(process.name, version, address, process.pid, healthy=not why, why=why)

    def _program(self, version: Version, place: Place, number: int, port: int) -> Program:
        environment = self._environment(version)
        unset.refuse(environment.values(), f"start {version} of {self._service}")
        own = {"PORT": str(port), "INSTANCE": str(number)}
        return Program(
            name=self._program_name(version, number),
            command=("/bin/sh", "-c", as_one_process(place.start)),
            folder=str(place.inside),
            environment={**environment, **own},
            stop_seconds=self._options.stop_within,
            log_bytes=self._options.log.size,
            log_copies=self._options.log.copies,
        )

    def _environment(self, version: Version) -> Mapping[str, str]:
        chosen = {name: secret.get_secret_value() for name, secret in self._options.environment.items()}
        return {**chosen, "VERSION": version.name, "SERVICE": self._service}

    def _steps(self, version: Version, place: Place) -> Steps:
        name = f"{self._slug}.{version.key}"
        within = self._options.build_within
        return Steps(version, self._service, name, place.folder, within, self._processes, self._clock)

    async def _end_steps(self, version: Version) -> None:
        for step in ("fetch", "build"):
            await self._processes.end(f"{self._slug}.{version.key}.{step}")

    def _program_name(self, version: Version, number: int) -> str:
        return f"{self._slug}.{version.key}.{number}"

    def _key_of(self, name: str) -> str | None:
        """Return the key of the version to which a program belongs; None for those of other services."""
        slug, _, rest = name.partition(".")
        return rest.rpartition(".")[0] if slug == self._slug else None

    def _place_of(self, name: str) -> Place | None:
        """Return the place of the version that an instance runs; None for what is no instance of this service."""
        key = self._key_of(name)
        if not key or not name.rpartition(".")[2].isdigit():
            return None
        place = self._places.with_key(key)
        return place if place.built else None
