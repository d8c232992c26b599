"""Which processes a test has left behind: those whose working directory is its own."""

from pathlib import Path

import psutil


def running_in(folder: Path) -> int:
    return sum(each.info["cwd"] == str(folder) for each in psutil.process_iter(["cwd"]))
