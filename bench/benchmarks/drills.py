"""A hundred drills in a row: the candidate is broken on purpose each time, and has to come back each time.

Every drill is a `flight drill code` of its own on one staging that is kept: real processes, real traffic. Counted is
what the command says: that something in the plan noticed, and that the way back kept its bound.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.effort import Effort
from bench.figures import median
from bench.rows import AtLeast, AtMost, Row
from bench.shop import EXAMPLE, FLIGHT, Failed, environment, free_port

TITLE = "a hundred drills in a row"

TIMES = 100
WITHIN = 180.0
"""Seconds after which a drill is ended: one that takes so long has not come back."""

PLAN = """\
plan: shop
version: {from: argument}
services:
  web:
    target:
      kind: local
      directory: versions/$version
      build: cp -r "$PLAN_FOLDER/shoplib" .
      start: python3 app.py --port $PORT
      environment: {SHOP_STORE: memory}
      health: {http: /health, within: 10s}
    traffic: {kind: envoy, listen: '127.0.0.1:${SHOP_PORT}', drain: 2s}
metrics:
  error_rate: {from: router, over: 2s, enough: 5}
stages:
  - {stage: canary, traffic: 20%, hold: 1h, look: every 30s, pass: error_rate < 1%}
  - {stage: full, traffic: 100%, hold: 1h, look: every 30s, pass: error_rate < 1%}
rules:
  - {if: error_rate > 10% for 5m, then: roll back}
rehearsal:
  environment: staging.env
  load: $PYTHON -m flightrules.testing.steady_traffic --url http://127.0.0.1:$SHOP_PORT --per-second 60 --for 600
  bounds: {code: 5m}
"""

Drilled = Mapping[str, Any]


async def measure(effort: Effort) -> Sequence[Row]:
    """Drill again and again, and end everything."""
    with tempfile.TemporaryDirectory(prefix="flight-bench-") as name:
        folder = Path(name)
        shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
        (folder / "flight.yaml").write_text(PLAN)
        (folder / "staging.env").write_text(f"SHOP_PORT={free_port()}\nPYTHON={sys.executable}\n")
        try:
            return judged([_drill(folder) for _ in range(effort.times(TIMES))])
        finally:
            _flight(folder, "down", "--yes", "--reason", "the benchmark is over", "--state", ".flight/rehearsal")


def judged(drilled: Sequence[Drilled]) -> list[Row]:
    """Return the rows for what each drill said."""
    back = [each["back"] for each in drilled if each["back"] is not None]
    noticed = [each["noticed"] for each in drilled if each["noticed"] is not None]
    went_well = 100.0 * sum(each["held"] for each in drilled) / len(drilled)
    bound = f"agreed are {drilled[0]['bound']:g} s"
    return [
        Row(f"of {len(drilled)} drills in a row, noticed and back in time", went_well, "%", AtLeast(100.0), ""),
        Row("the way back, median", median(back), "s", None, bound),
        Row("the way back, slowest", max(back), "s", AtMost(drilled[0]["bound"]), bound),
        Row("from the moment at which it broke to the decision, median", median(noticed), "s", None, "holds of 4 s"),
    ]


def _drill(folder: Path) -> Drilled:
    words = ("drill", "code", "v2", "--from", "v1", "--speed", "10000x", "--yes", "--keep", "--json")
    ended = _flight(folder, *words)
    if ended.returncode not in (0, 1):
        raise Failed(f"a drill ended with {ended.returncode}: {ended.stderr[-2000:]}")
    told: Drilled = json.loads(ended.stdout.splitlines()[-1])
    return told


def _flight(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(FLIGHT), *words], cwd=folder, env=environment(), capture_output=True, text=True, timeout=WITHIN
    )
