"""The whole demo, as `make demo` runs it, and that nothing of it is left however it ends."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from flightrules.testing.postgres_server import missing

pytestmark = [pytest.mark.slow, pytest.mark.timeout(480)]


@pytest.fixture
def temporary() -> Iterator[Path]:
    """Where demos put their copies; whatever a failed test leaves running there is ended.

    PostgreSQL runs as a user of its own, who may not enter the folders of pytest.
    """
    folder = Path(tempfile.mkdtemp(prefix="flight-test-"))
    folder.chmod(0o755)
    yield folder
    for process in running_in(folder):
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)


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


POSTGRES = pytest.param(("--postgres",), marks=pytest.mark.skipif(bool(missing()), reason=missing() or "there is one"))


@pytest.mark.parametrize("options", [(), POSTGRES], ids=["SQLite", "PostgreSQL"])
def test_a_healthy_version_is_released_and_a_bad_one_is_called_back(temporary: Path, options: tuple[str, ...]) -> None:
    process = demo(temporary, "--json", *options)
    out, err = process.communicate(timeout=420)
    assert process.returncode == 0, err
    told = json.loads(out)
    healthy, bad = told["releases"]
    for release in (told["first"], healthy, bad):
        assert release["acknowledged_writes"] > 50
        assert release["lost_writes"] == 0
    assert told["acknowledged_writes"] > sum(release["acknowledged_writes"] for release in told["releases"])
    assert told["lost_writes"] == 0
    assert (healthy["version"], healthy["outcome"]) == ("v2", "released"), err
    assert healthy["failed_requests_not_answered_by_candidate"] == 0
    assert [stage["verdict"] for stage in healthy["stages"]] == ["pass", "pass", "pass"]
    assert (bad["version"], bad["outcome"]) == ("v3", "rolled back"), err
    assert bad["failed_requests"] > 0, err
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
