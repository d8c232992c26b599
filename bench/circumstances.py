"""Where and when something was measured: a number means little without it."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime


def circumstances() -> str:
    """Return day, processors, Python and load in words; a load above 0 means that others worked here too."""
    day = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    load = os.getloadavg()[0]
    system = f"{platform.system()} on {platform.machine()}"
    return f"{day}, {os.cpu_count()} processors ({system}), Python {platform.python_version()}, load before {load:.1f}"
