"""Where and when something was measured: a number means little without it."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime

BUSY = 0.5
"""Load a processor, before anything was started here, from which on figures are those of a machine that is shared."""


def warning() -> str | None:
    """Return what to say when others work on this machine right now; None when it is quiet."""
    load, processors = os.getloadavg()[0], os.cpu_count() or 1
    if load < BUSY * processors:
        return None
    return f"others work on this machine (load {load:.1f} on {processors} processors): times come out longer than alone"


def circumstances() -> str:
    """Return day, processors, Python and load in words; a load above 0 means that others worked here too."""
    day = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    load = os.getloadavg()[0]
    system = f"{platform.system()} on {platform.machine()}"
    return f"{day}, {os.cpu_count()} processors ({system}), Python {platform.python_version()}, load before {load:.1f}"
