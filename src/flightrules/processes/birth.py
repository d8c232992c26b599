"""Tells one process from every other that had, or will have, the same pid.

Pids come round again; a pid alone must never be trusted across a restart, and never be signalled.
"""

from __future__ import annotations

import sys
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")


def born(pid: int) -> str | None:
    """Return when the process `pid` was born, as a mark to compare; None when it is not alive (or a zombie)."""
    return _on_linux(pid) if sys.platform == "linux" else _elsewhere(pid)


def _on_linux(pid: int) -> str | None:
    """Read the kernel's own count of ticks: unlike a time of day it does not move when the clock is set."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    state, ticks = fields[0], fields[19]
    return None if state in "ZX" else f"{BOOT.read_text().strip()}:{ticks}"


def _elsewhere(pid: int) -> str | None:
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.Error:
        return None
