"""The whole demo, as `make demo` runs it, and that nothing of it is left however it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def temporary(tmp_path: Path) -> Iterator[Path]:
    """Where demos put their copies; whatever a failed test leaves running there is ended."""
    yield tmp_path
    for process in running_in(tmp_path):
        process.kill()


def running_in(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            here = [process.cwd(), *process.cmdline()]
        except psutil.Error:
            continue
        if any(str(folder) in text for text in here):
            found.append(process)
    return found


def demo(temporary: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flightrules.cli.main", "demo", *options],
        env={**os.environ, "TMPDIR": str(temporary)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def test_a_healthy_version_is_released_and_a_bad_one_is_called_back(temporary: Path) -> None:
    process = demo(temporary, "--json")
    out, err = process.communicate(timeout=240)
    assert process.returncode == 0, err
    healthy, bad = json.loads(out)["releases"]
    assert (healthy["version"], healthy["outcome"]) == ("v2", "released")
    assert healthy["failed_requests_not_answered_by_candidate"] == 0
    assert [stage["verdict"] for stage in healthy["stages"]] == ["pass", "pass", "pass"]
    assert (bad["version"], bad["outcome"]) == ("v3", "rolled back")
    assert bad["failed_requests"] > 0
    assert bad["failed_requests_not_answered_by_candidate"] == 0
    assert bad["seconds_from_first_bad_answer_to_zero_traffic"] < 30
    assert running_in(temporary) == []
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_interrupted_leaves_nothing_running(temporary: Path, number: signal.Signals) -> None:
    process = demo(temporary, "--json")
    assert process.stderr is not None
    for line in process.stderr:
        if "stage full holds" in line:
            break
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert running_in(temporary) == []
    assert list(temporary.iterdir()) == []
