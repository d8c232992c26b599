"""Users of a service: steady traffic from a process of its own, every answer on record."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from flightrules.testing.traffic_records import Record, TrafficFile


class Users:
    """Everybody who uses one service, until `leave`; at the latest they leave with this process."""

    def __init__(self, address: str, records: Path, per_second: float = 40.0, *words: str) -> None:
        self._file = TrafficFile(records)
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "flightrules.testing.steady_traffic", "--url", f"http://{address}",
                "--per-second", str(per_second), "--users", "200", "--for", "600", "--records", str(records),
                "--parent", str(os.getpid()), *words,
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def records(self) -> list[Record]:
        """Return every record so far."""
        self._file.new()
        return self._file.records

    def leave(self) -> dict[str, Any]:
        """End the traffic once what is in flight has its answer; return what was counted."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            said, _ = self._process.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            said, _ = self._process.communicate()
        return json.loads(said) if said else {}
