"""Becomes a program: `python -m flightrules.processes.launch NAME`, in the folder of the programs.

It is what the supervisor starts. It gives the program a log that outlives the supervisor (a pipe to a dead
reader would break the program at its next line), waits while an earlier copy of it is still alive, ends what
an earlier copy left behind, and writes down which process it is. So there is never a second copy beside the
first, whoever started either.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import time
from pathlib import Path

from flightrules.ports.processes import Program
from flightrules.processes.shelf import Shelf

LOOK_SECONDS = 0.1


def main(name: str) -> None:
    """Turn this process into the program `name`. Returns only when it should not run any more."""
    shelf = Shelf(Path.cwd())
    program = shelf.program(name)
    if program is None or not shelf.wanted(name):
        return
    _write_to(shelf.log(name))
    supervisor = os.getppid()
    lock = os.open(shelf.lock(name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    while not _our_turn(shelf, name, lock):
        time.sleep(LOOK_SECONDS)
        if os.getppid() != supervisor or not shelf.wanted(name):
            return
    _end_left_behind(shelf, program)
    shelf.started(name, os.getpid())
    _become(program.command, program.folder, dict(shelf.environment(name)))


def _write_to(log: Path) -> None:
    """Send what this process writes to `log`; appending, so that the file can be emptied under it."""
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)


def _our_turn(shelf: Shelf, name: str, lock: int) -> bool:
    """Whether no other copy is alive or about to be. The lock goes by itself when we become the program."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    earlier = shelf.running(name)
    return earlier is None or not earlier.alive


def _end_left_behind(shelf: Shelf, program: Program) -> None:
    """End the children of a copy that was killed: they would hold its port, or do its work a second time."""
    earlier = shelf.running(program.name)
    if earlier is None:
        return
    from flightrules.processes.kin import each_alive, kin, signal_all

    left = kin(shelf.mark(program.name), earlier)
    signal_all(left, signal.SIGTERM)
    patience = time.monotonic() + program.stop_seconds
    while any(each_alive(left)) and time.monotonic() < patience:
        time.sleep(LOOK_SECONDS)
    signal_all(each_alive(left), signal.SIGKILL)


def _become(command: tuple[str, ...], folder: str, environment: dict[str, str]) -> None:
    try:
        os.chdir(folder)
        os.execvpe(command[0], command, environment)
    except OSError as error:
        sys.exit(f"flight: {command[0]} could not be started in {folder}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1])
