"""Finds and ends every process that descends from a program: children, grandchildren, and those that left.

A process belongs to a program when it is the one written down, descends from it, shares its process group,
or carries the program's mark in its environment (a daemon that left the group still does).
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterable, Iterator

import psutil

from flightrules.processes.birth import born
from flightrules.processes.shelf import MARK, Running


def kin(mark: str, running: Running | None) -> tuple[psutil.Process, ...]:
    """Return the live processes of the program with `mark`, never this process itself nor one that it descends from."""
    found = {process.pid: process for process in psutil.process_iter() if _belongs(process, mark, running)}
    if running and running.alive:
        with contextlib.suppress(psutil.Error):
            found |= {child.pid: child for child in psutil.Process(running.pid).children(recursive=True)}
    return _without_us(found.values())


def marked_under(folder: str) -> tuple[psutil.Process, ...]:
    """Return the live processes of every program that was ever started from `folder`, without us as `kin`."""
    return _without_us(process for process in psutil.process_iter() if _mark_of(process).startswith(f"{folder}/"))


def marks_under(folder: str) -> set[str]:
    """Return the marks of every program that was started from `folder` and lives, or something of which does."""
    return {_mark_of(process) for process in marked_under(folder)}


def _without_us(found: Iterable[psutil.Process]) -> tuple[psutil.Process, ...]:
    """Return those of `found` that are alive and may be ended: a `flight` run by a program must not end that one."""
    ours = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return tuple(process for process in found if process.pid not in ours and born(process.pid))


def signal_all(processes: Iterable[psutil.Process], what: signal.Signals) -> None:
    """Send a signal to each; psutil sees to it that a pid which came round again is not hit."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.send_signal(what)


def _belongs(process: psutil.Process, mark: str, running: Running | None) -> bool:
    return _mark_of(process) == mark or (running is not None and _shares_group(process.pid, running))


def _shares_group(pid: int, running: Running) -> bool:
    """Whether `pid` is in the process group that the program led; not so once another has its number."""
    if born(running.pid) not in (None, running.born):
        return False
    try:
        return os.getpgid(pid) == running.pid
    except OSError:
        return False


def _mark_of(process: psutil.Process) -> str:
    try:
        return process.environ().get(MARK, "")
    except (psutil.Error, OSError):
        return ""


def each_alive(processes: Iterable[psutil.Process]) -> Iterator[psutil.Process]:
    """Yield those that are still alive."""
    return (process for process in processes if process.is_running() and born(process.pid))
