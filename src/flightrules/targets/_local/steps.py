"""Carries a build's commands out to their end.

They run under the supervisor, like everything that must be found again after `flight` was killed: whatever
such a command left behind is ended before it is run again, and nothing of it is left when it was cancelled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flightrules.domain.errors import BuildFailed
from flightrules.domain.traffic import Version
from flightrules.ports.clock import Clock
from flightrules.ports.processes import Processes, Program

POLL_SECONDS = 0.1
LAST_LINES = 20
STOP_SECONDS = 5.0
REPORTING = '"$@"; status=$?; echo $status >"$0.new"; mv "$0.new" "$0"'
"""Runs its arguments and leaves their exit status in the file `$0`, whole or not at all."""


@dataclass(frozen=True)
class Steps:
    """The commands that make `version` of `service` ready. `statuses` is a folder for their exit statuses."""

    version: Version
    service: str
    name: str
    statuses: Path
    within: float
    processes: Processes
    clock: Clock

    async def run(self, step: str, command: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> None:
        """Run `command` in `folder` to its end. Raises `BuildFailed` with its last lines; cancelling ends it."""
        status = self.statuses / f"{step}.status"
        status.unlink(missing_ok=True)
        program = Program(
            name=f"{self.name}.{step}",
            command=("/bin/sh", "-c", REPORTING, str(status), *command),
            folder=str(folder),
            environment=environment,
            stop_seconds=STOP_SECONDS,
            restart=False,
        )
        try:
            await self.processes.ensure(program)
            ended = await self._ended(step, program.name, status)
        finally:
            await self.processes.end(program.name)
        if ended != "0":
            how = f"failed with exit status {ended}" if ended else "was killed"
            raise self._failed(f"the {step} of {self.version} of {self.service} {how}", program.name)

    async def _ended(self, step: str, name: str, status: Path) -> str:
        """Wait for the end; return the exit status, empty when the command was killed."""
        deadline = self.clock.monotonic() + self.within
        while not status.exists():
            running = {process.name for process in await self.processes.listing() if process.running}
            if name not in running and not status.exists():
                return ""
            if self.clock.monotonic() > deadline:
                what = f"the {step} of {self.version} of {self.service} took longer than {self.within:g}s and was ended"
                raise self._failed(what, name)
            await self.clock.sleep(POLL_SECONDS)
        return status.read_text().strip()

    def _failed(self, what: str, name: str) -> BuildFailed:
        log = list(self.processes.log(name, LAST_LINES))
        return BuildFailed(what, "Mend what its last lines say, and release again.", log=log)
