"""A target in memory: versions build, start, fall ill and die as a test says."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from dataclasses import replace

from flightrules.domain.errors import BuildFailed, NotHealthy, UnknownVersion
from flightrules.domain.traffic import Instance, Version
from flightrules.ports.fence import Fence
from flightrules.testing.fake_fence import FakeFence


class FakeTarget:
    """Runs versions of `service` by name. Put names into the sets to make them go wrong."""

    def __init__(self, *names: str, service: str = "web", count: int = 1, fence: Fence | None = None) -> None:
        self.names = set(names)
        self.broken_builds: set[str] = set()
        self.endless_builds: set[str] = set()
        self.never_healthy: set[str] = set()
        self.endless_starts: set[str] = set()
        self.broken: set[str] = set()
        """What is being broken on purpose."""
        self.calls: list[tuple[str, str]] = []
        """Every effect in order: (`build`, `start` or `stop`, the version's name)."""
        self._service = service
        self._count = count
        self._fence = fence or FakeFence()
        self._built: set[Version] = set()
        self._running: dict[str, Instance] = {}
        self._numbers = itertools.count(1)

    async def identify(self, name: str) -> Version:
        """Return the version `name`; its digest is the hash of its name. Raises `UnknownVersion`."""
        if name not in self.names:
            raise UnknownVersion(f"{self._service} has no version {name!r}", f"Known: {', '.join(sorted(self.names))}.")
        return Version(name, hashlib.sha256(name.encode()).hexdigest())

    async def build(self, version: Version) -> None:
        """Build at once; fail or never end where the test says so."""
        if version in self._built:
            return
        self._fence.check()
        self.calls.append(("build", version.name))
        if version.name in self.endless_builds:
            await asyncio.Event().wait()
        if version.name in self.broken_builds:
            what = f"the build of {version} of {self._service} failed with exit status 1"
            raise BuildFailed(what, "Mend what its last lines say, and release again.", log=["as the test wanted"])
        self._built.add(version)

    async def ensure_running(self, version: Version) -> tuple[Instance, ...]:
        """Start what is missing. Raises `NotHealthy` where the test says so, or when it was not built."""
        self._fence.check()
        if version not in self._built:
            raise NotHealthy(f"{version} of {self._service} cannot start: it is not built", "Release it anew.", log=[])
        for number in range(1, self._count + 1):
            name = f"{self._service}.{version.key}.{number}"
            if name not in self._running or self._running[name].pid is None:
                self._start(name, version)
        if version.name in self.endless_starts:
            await asyncio.Event().wait()
        found = tuple(each for each in await self.instances() if each.version == version)
        if ill := [each for each in found if not each.healthy]:
            what = f"{version} of {self._service} cannot serve: {ill[0].why}"
            raise NotHealthy(what, "Look at its last lines, mend the version, and release again.", log=[])
        return found

    async def instances(self) -> tuple[Instance, ...]:
        """Return every instance that runs, with the health that the test gave it."""
        return tuple(self._running[name] for name in sorted(self._running))

    async def stop(self, version: Version) -> None:
        """End every instance of `version`."""
        self._fence.check()
        names = [name for name, each in self._running.items() if each.version == version]
        for name in names:
            del self._running[name]
        if names:
            self.calls.append(("stop", version.name))

    async def break_down(self, version: Version) -> None:
        """Put `version` among those that are broken, until cancelled."""
        self._fence.check()
        self.broken.add(version.name)
        try:
            await asyncio.Event().wait()
        finally:
            self.broken.discard(version.name)

    def sicken(self, name: str, why: str = "answered 503") -> None:
        """Make every running instance of the version `name` unhealthy."""
        self._change(name, healthy=False, why=why)

    def heal(self, name: str) -> None:
        """Make every running instance of the version `name` healthy again."""
        self._change(name, healthy=True, why="")

    def kill(self, name: str) -> None:
        """Let the processes of the version `name` die; they are started again when they are asked for."""
        for key, each in self._running.items():
            if each.version.name == name:
                self._running[key] = replace(each, pid=None, healthy=False, why="ended: terminated by SIGKILL")

    def _start(self, name: str, version: Version) -> None:
        number = next(self._numbers)
        healthy = version.name not in self.never_healthy
        why = "" if healthy else "answered 503"
        address = self._running[name].address if name in self._running else f"127.0.0.1:{20_000 + number}"
        self._running[name] = Instance(name, version, address, 100_000_000 + number, healthy, why)
        self.calls.append(("start", version.name))

    def _change(self, name: str, *, healthy: bool, why: str) -> None:
        for key, each in self._running.items():
            if each.version.name == name and each.pid is not None:
                self._running[key] = replace(each, healthy=healthy, why=why)
