"""What is on disk about each program: how it should run, which process it is now, what it wrote.

Everything is readable by its owner alone, because environments carry secrets. Files are replaced, never
changed in place: whoever reads while we are killed in the middle finds the old one or the new one.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flightrules.ports.processes import Program
from flightrules.processes.birth import born

MARK = "FLIGHT_PROGRAM"
"""Set in the environment of a program, so that every descendant of it can be found, wherever it went."""

OLD_LOGS = 20
"""How many logs of programs that ended are kept."""


@dataclass(frozen=True)
class Running:
    """The process that a program became: pid, birth, and the mark in its environment."""

    pid: int
    born: str

    @property
    def alive(self) -> bool:
        """Whether exactly this process, and not another with its pid, is alive."""
        return born(self.pid) == self.born


class Shelf:
    """The folder of the programs: `programs/NAME/` and `logs/NAME.log`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self) -> None:
        """Make the folders, closed to everybody else."""
        for folder in (self.folder, self.folder / "programs", self.folder / "logs"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.chmod(0o700)

    def names(self) -> tuple[str, ...]:
        """Return every program that was put here and not yet forgotten."""
        return tuple(sorted(file.parent.name for file in self.folder.glob("programs/*/program.json")))

    def program(self, name: str) -> Program | None:
        """Return the program as it should run; None when there is none, or its file is not whole."""
        content = self._read(name, "program.json")
        return Program(**{**content["program"], "command": tuple(content["program"]["command"])}) if content else None

    def environment(self, name: str) -> Mapping[str, str]:
        """Return the whole environment of a program: that of `flight` when it was put here, and its own."""
        content = self._read(name, "program.json") or {"inherited": {}, "program": {"environment": {}}}
        return {**content["inherited"], **content["program"]["environment"], MARK: self.mark(name)}

    def put(self, program: Program) -> None:
        """Write down how `program` should run, and the environment of `flight` as it is now.

        The environment is kept because a restart, days later, must not depend on which shell happened to
        start the supervisor.
        """
        inherited = {name: value for name, value in os.environ.items() if name != MARK}
        self._write(program.name, "program.json", {"program": asdict(program), "inherited": inherited})

    def running(self, name: str) -> Running | None:
        """Return the process that the program became last; it need not be alive any more."""
        content = self._read(name, "running.json")
        return Running(**content) if content else None

    def started(self, name: str, pid: int) -> None:
        """Write down that the program became the process `pid`."""
        self._write(name, "running.json", {"pid": pid, "born": born(pid)})

    def begin_end(self, name: str) -> None:
        """Write down that the program is being ended: nobody starts it from here on."""
        if (folder := self._home(name)).is_dir():
            (folder / "ending").touch(mode=0o600)

    def wanted(self, name: str) -> bool:
        """Whether the program should run: put here and not being ended."""
        return (self._home(name) / "program.json").exists() and not (self._home(name) / "ending").exists()

    def forget(self, name: str) -> None:
        """Drop the program, and the logs of those that ended longest ago. Its own log stays readable."""
        shutil.rmtree(self._home(name), ignore_errors=True)
        known = set(self.names())
        logs = [log for log in self.folder.glob("logs/*.log") if log.name.removesuffix(".log") not in known]
        for log in sorted(logs, key=lambda log: log.stat().st_mtime)[:-OLD_LOGS]:
            for copy in log.parent.glob(f"{log.name}*"):
                copy.unlink(missing_ok=True)

    def lock(self, name: str) -> Path:
        """Return the file that is locked while a program is being started."""
        return self._home(name) / "lock"

    def log(self, name: str) -> Path:
        """Return the file that the program writes to."""
        return self.folder / "logs" / f"{name}.log"

    def mark(self, name: str) -> str:
        """Return the mark in the environment of everything that descends from the program."""
        return f"{self.folder}/{name}"

    def _home(self, name: str) -> Path:
        return self.folder / "programs" / name

    def _read(self, name: str, file: str) -> dict[str, Any] | None:
        try:
            content: dict[str, Any] = json.loads((self._home(name) / file).read_text())
        except (OSError, ValueError):
            return None
        return content

    def _write(self, name: str, file: str, content: Mapping[str, Any]) -> None:
        self._home(name).mkdir(mode=0o700, parents=True, exist_ok=True)
        replace(self._home(name) / file, json.dumps(content))


def replace(file: Path, text: str) -> None:
    """Put a file with `text` in the place of `file` at once, readable by its owner alone."""
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    new.replace(file)
