"""Steady traffic in a process of its own, for a program that must not share its interpreter with it."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from flightrules.testing.steady_traffic import ANSWER_WITHIN, Load
from flightrules.testing.traffic_records import Record, TrafficFile


class TrafficProcess:
    """Runs a load while the `async with` block runs; the records are there at any time.

    The process also ends by itself: when its load is done, and when this process is gone.
    """

    def __init__(self, load: Load, records: Path) -> None:
        self._load = load
        self._path = records
        self._file = TrafficFile(records)
        self._process: asyncio.subprocess.Process | None = None
        self.summary: dict[str, Any] = {}
        """What the process counted, once it has ended: `requests`, `failed`, `by_version`, …"""

    async def __aenter__(self) -> Self:
        load = self._load
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "flightrules.testing.steady_traffic",
            "--url", load.url, "--per-second", str(load.per_second), "--users", str(load.users),
            "--for", str(load.seconds), "--most", str(load.most), "--series", load.series,
            "--records", str(self._path), "--parent", str(os.getpid()),
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def records(self) -> list[Record]:
        """Return every record so far, in the order in which the requests ended."""
        self._file.new()
        return self._file.records

    async def stop(self) -> dict[str, Any]:
        """End the traffic, wait for what is in flight, and return the summary."""
        process = self._process
        if process is None:
            return self.summary
        self._process = None
        if process.returncode is None:
            process.terminate()
        try:
            said, _ = await asyncio.wait_for(process.communicate(), ANSWER_WITHIN + 5)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        self.summary = json.loads(said) if said else {}
        return self.summary
