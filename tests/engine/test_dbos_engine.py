import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("engine_process.py")
pytestmark = pytest.mark.slow


def start(folder: Path, *words: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), str(folder), "r1", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen) -> str:
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return out.strip()


def wait_for(condition, within: float = 20.0) -> None:
    give_up = time.monotonic() + within
    while not condition():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.02)


def runs(folder: Path) -> list[str]:
    return (folder / "runs").read_text().split() if (folder / "runs").exists() else []


def test_a_story_runs_its_steps_in_order_and_returns_its_outcome(tmp_path):
    assert ended(start(tmp_path, "new")) == "build-shift-stop"
    assert runs(tmp_path) == ["build", "shift", "stop"]


def test_what_the_engine_remembers_lies_in_its_folder_whatever_that_is_called(tmp_path):
    folder = tmp_path / "a?b=c&d#e%20f"
    folder.mkdir()
    assert ended(start(folder, "new")) == "build-shift-stop"
    assert (folder / "engine.db").exists()
    assert [found.name for found in tmp_path.iterdir()] == [folder.name]


@pytest.mark.parametrize("step", ["build", "shift", "stop"])
def test_a_story_that_was_killed_goes_on_at_the_step_that_was_not_recorded(tmp_path, step):
    waiting = tmp_path / f"wait-{step}"
    waiting.touch()
    process = start(tmp_path, "new")
    wait_for(lambda: step in runs(tmp_path))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    waiting.unlink()
    assert ended(start(tmp_path)) == "build-shift-stop"
    assert (tmp_path / "effects").read_text().split() == ["build", "shift", "stop"]
    expected = ["build", "shift", "stop"]
    expected.insert(expected.index(step), step)
    assert runs(tmp_path) == expected, "only the step that had not ended runs again"


def test_a_story_that_was_killed_goes_on_within_half_a_second_of_the_launch(tmp_path):
    (tmp_path / "wait-shift").touch()
    process = start(tmp_path, "new")
    wait_for(lambda: "shift" in runs(tmp_path))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    again = start(tmp_path)
    (tmp_path / "wait-shift").unlink()
    assert ended(again) == "build-shift-stop"
    assert float((tmp_path / "went-on-after").read_text()) < 0.5


def test_a_story_survives_many_restarts_in_one_step(tmp_path):
    (tmp_path / "wait-shift").touch()
    for attempt in range(6):
        process = start(tmp_path, *(["new"] if attempt == 0 else []))
        wait_for(lambda expected=attempt + 1: runs(tmp_path).count("shift") == expected)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    (tmp_path / "wait-shift").unlink()
    assert ended(start(tmp_path)) == "build-shift-stop"


def test_a_story_waits_for_a_database_that_is_locked_for_ten_seconds(tmp_path):
    (tmp_path / "wait-shift").touch()
    process = start(tmp_path, "new")
    wait_for(lambda: "shift" in runs(tmp_path))
    with closing(sqlite3.connect(tmp_path / "engine.db", isolation_level=None)) as locker:
        locker.execute("BEGIN IMMEDIATE")
        (tmp_path / "wait-shift").unlink()
        time.sleep(10)
        assert process.poll() is None
        locker.execute("COMMIT")
    assert ended(process) == "build-shift-stop"
    assert runs(tmp_path) == ["build", "shift", "stop"]


@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(disk)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_story_goes_on_once_a_full_disk_has_room_again(small_disk):
    (small_disk / "wait-shift").touch()
    process = start(small_disk, "new")
    wait_for(lambda: "shift" in runs(small_disk))
    with (small_disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space"):
        while True:
            filler.write(b"x" * 4096)
    assert shutil.disk_usage(small_disk).free < 8192
    (small_disk / "wait-shift").unlink()
    time.sleep(3)
    assert process.poll() is None
    (small_disk / "filler").unlink()
    assert ended(process) == "build-shift-stop"
    assert (small_disk / "effects").read_text().split() == ["build", "shift", "stop"]


def test_an_engine_that_cannot_begin_on_a_full_disk_says_so(small_disk):
    with (small_disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space"):
        while True:
            filler.write(b"x" * 4096)
    _, said = start(small_disk, "new").communicate(timeout=60)
    assert f"StateUnusable: {small_disk}/engine.db cannot be written: database or disk is full" in said
    (small_disk / "filler").unlink()
    assert ended(start(small_disk, "new")) == "build-shift-stop"


def test_starting_a_story_that_goes_on_by_itself_changes_nothing(tmp_path):
    (tmp_path / "wait-shift").touch()
    process = start(tmp_path, "new")
    wait_for(lambda: "shift" in runs(tmp_path))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    again = start(tmp_path, "new")
    wait_for(lambda: runs(tmp_path).count("shift") == 2)
    time.sleep(3)
    assert runs(tmp_path) == ["build", "shift", "shift"], "it runs once, not side by side with itself"
    (tmp_path / "wait-shift").unlink()
    assert ended(again) == "build-shift-stop"
    assert runs(tmp_path) == ["build", "shift", "shift", "stop"]


def test_a_story_that_was_left_in_order_goes_on_at_the_next_start(tmp_path):
    (tmp_path / "wait-shift").touch()
    process = start(tmp_path, "new")
    wait_for(lambda: "shift" in runs(tmp_path))
    process.send_signal(signal.SIGTERM)
    assert "left" in process.communicate(timeout=20)[1]
    (tmp_path / "wait-shift").unlink()
    assert ended(start(tmp_path)) == "build-shift-stop"
    assert runs(tmp_path) == ["build", "shift", "shift", "stop"]


def test_a_story_that_broke_between_two_steps_is_tried_again_until_it_goes_on(tmp_path):
    (tmp_path / "broken-after-shift").touch()
    process = start(tmp_path, "new")
    wait_for(lambda: "shift" in runs(tmp_path))
    time.sleep(4)
    assert process.poll() is None
    (tmp_path / "broken-after-shift").unlink()
    assert ended(process) == "build-shift-stop"
    assert runs(tmp_path) == ["build", "shift", "stop"]


def test_a_story_that_broke_goes_on_in_another_process_too(tmp_path):
    (tmp_path / "broken-after-shift").touch()
    process = start(tmp_path, "new")
    wait_for(lambda: "shift" in runs(tmp_path))
    time.sleep(0.5)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    (tmp_path / "broken-after-shift").unlink()
    assert ended(start(tmp_path)) == "build-shift-stop"


def test_a_story_that_breaks_between_its_steps_says_so_and_goes_on_once_it_is_mended(tmp_path):
    (tmp_path / "broken").touch()
    process = start(tmp_path, "new")
    _, said = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "the record says nothing of this" in said
    (tmp_path / "broken").unlink()
    assert ended(start(tmp_path)) == "build-shift-stop"
