"""A command that is asked to end leaves nothing running."""

import subprocess
import sys
import time
from pathlib import Path

import psutil

PLAN = """\
plan: shop
version: {from: argument}
services:
  web:
    target: {kind: local, directory: ., start: serve $PORT, health: {http: /}}
    traffic: {kind: envoy, listen: '127.0.0.1:${SHOP_PORT}'}
gates:
  code: [{check: Tests pass, run: sleep 300 & echo $! > pid; wait}]
stages: [{stage: full, traffic: 100%, hold: 5s, look: every 1s, pass: error_rate < 20%}]
"""


def test_what_a_check_started_is_ended_when_flight_is_asked_to_end(tmp_path: Path) -> None:
    (tmp_path / "flight.yaml").write_text(PLAN)
    (tmp_path / ".env").write_text("SHOP_PORT=1\n")
    flight = subprocess.Popen([sys.executable, "-m", "flightrules.cli.main", "ready", "v1"], cwd=tmp_path)
    pid = tmp_path / "pid"
    until(lambda: pid.exists() and bool(pid.read_text().strip()))
    sleeping = psutil.Process(int(pid.read_text()))
    flight.terminate()
    assert flight.wait(20) == 130
    assert not sleeping.is_running() or sleeping.status() == psutil.STATUS_ZOMBIE


def until(true) -> None:
    for _ in range(600):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")
