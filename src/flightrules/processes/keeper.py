"""One `supervisord` for one state folder: configured, started, found again, killed.

It runs in a session of its own and listens on a Unix socket that only its owner can open; never on TCP.
Every call here blocks; the callers keep it off the event loop.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

from flightrules.domain.errors import ProcessFailed
from flightrules.processes.birth import born
from flightrules.processes.rpc import Client
from flightrules.processes.shelf import MARK, Shelf, replace

LONGEST_SOCKET = 90
"""Bytes. The kernel takes about 105, and supervisord appends its pid while it opens the socket."""

START_SECONDS = 30.0

CONFIGURATION = """\
[supervisord]
logfile=%(here)s/supervisord.log
logfile_maxbytes=1MB
logfile_backups=1
pidfile=%(here)s/supervisord.pid
directory=%(here)s
nocleanup=true

[unix_http_server]
file=%(ENV_FLIGHT_SOCKET)s
chmod=0600

[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface

[rpcinterface:logs]
supervisor.rpcinterface_factory=flightrules.processes.rotation:watch
"""

SECTION = """
[program:{name}]
command=/bin/sh -c 'export {mark}="$FLIGHT_FOLDER/{name}" && exec "$FLIGHT_PYTHON" -P -m {launch} {name}'
directory=%(here)s
autostart={restart}
autorestart={restart}
startsecs=1
startretries=1000
stopwaitsecs={stop_seconds}
stopasgroup=true
killasgroup=true
redirect_stderr=true
stdout_logfile=NONE
"""
"""No path, command or secret of a program is in it, so nothing has to be escaped: `launch` reads those."""


class Keeper:
    """The supervisord of `shelf`'s folder."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._folder = shelf.folder
        self._socket = socket_path(self._folder)
        self.client = Client(self._socket)

    @property
    def pid(self) -> int | None:
        """The pid of the supervisord that was started here, while it is alive."""
        try:
            pid, when = (self._folder / "keeper").read_text().split()
        except (OSError, ValueError):
            return None
        return int(pid) if born(int(pid)) == when else None

    def configure(self) -> None:
        """Write the configuration: one section for every program that should run."""
        sections = (_section(self._shelf, name) for name in self._shelf.names() if self._shelf.wanted(name))
        replace(self._folder / "supervisord.conf", CONFIGURATION + "".join(sections))

    def start(self) -> None:
        """Start supervisord; when this returns it answers. Raises `ProcessFailed`.

        One that is alive but cannot be reached any more (its socket was removed) is killed first; its programs
        live on and are taken over.
        """
        self.kill()
        _make_private(self._socket.parent, self._folder)
        self._socket.unlink(missing_ok=True)
        self.configure()
        self._run()
        pid = self.client.call("getPID")
        replace(self._folder / "keeper", f"{pid} {born(pid)}")

    def _run(self) -> None:
        """Run supervisord, which leaves for the background as soon as its socket is open."""
        said = self._folder / "supervisord.out"
        with said.open("wb") as output:
            ended = subprocess.run(
                [sys.executable, "-P", "-m", "supervisor.supervisord", "-c", "supervisord.conf"],
                cwd=self._folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                timeout=START_SECONDS,
                check=False,
            )
        if ended.returncode != 0:
            last = said.read_text(errors="replace").strip().rpartition("\n")[2]
            raise ProcessFailed(f"supervisord could not be started in {self._folder}: {last}", f"Look at {said}.")

    def _environment(self) -> dict[str, str]:
        """The environment of supervisord itself; not of the programs, which bring theirs."""
        inherited = {name: value for name, value in os.environ.items() if name != MARK}
        own = {"FLIGHT_SOCKET": self._socket, "FLIGHT_FOLDER": self._folder, "FLIGHT_PYTHON": sys.executable}
        return inherited | {name: str(value) for name, value in own.items()}

    def kill(self) -> None:
        """Kill supervisord where it is alive. Does not touch its programs."""
        if (pid := self.pid) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def clear(self) -> None:
        """Remove what only a running supervisord needs."""
        self._socket.unlink(missing_ok=True)
        for name in ("keeper", "supervisord.conf", "supervisord.pid", "supervisord.out"):
            (self._folder / name).unlink(missing_ok=True)
        if self._socket.parent != self._folder:
            with contextlib.suppress(OSError):
                self._socket.parent.rmdir()

    def how_it_ended(self, name: str) -> str:
        """Return in words how a program ended last, from supervisord's own log; empty when it did not."""
        try:
            lines = (self._folder / "supervisord.log").read_text(errors="replace").splitlines()
        except OSError:
            return ""
        ends = re.compile(rf" exited: {re.escape(name)} \((.*?)(; (not )?expected)?\)$")
        return next((found[1] for line in reversed(lines) if (found := ends.search(line))), "")


def _section(shelf: Shelf, name: str) -> str:
    program = shelf.program(name)
    if program is None:
        return ""
    return SECTION.format(
        name=name,
        mark=MARK,
        launch="flightrules.processes.launch",
        restart="true" if program.restart else "false",
        stop_seconds=max(1, math.ceil(program.stop_seconds)),
    )


def socket_path(folder: Path) -> Path:
    """Return where supervisord of `folder` listens: in it, or where that path is too long, in a short private place."""
    path = folder / "supervisord.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET:
        return path
    short = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(f"/tmp/flight-{os.getuid()}-{short}/supervisord.sock")


def _make_private(folder: Path, state: Path) -> None:
    """Make the socket's folder, or refuse one that somebody else could have put there."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        what = f"{folder}, where the socket of supervisord for {state} belongs, is open to other users"
        raise ProcessFailed(what, "Remove it, or keep the state in a folder with a shorter path (--state DIR).")
