from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from flightrules.cli.desk import opened
from flightrules.cli.places import Place
from flightrules.clocks.system import SystemClock
from flightrules.domain.errors import StateUnusable
from flightrules.state.database import State, open_state
from flightrules.state.observations import Observations
from flightrules.state.patience import Waiting
from flightrules.state.releases import RELEASE, Release, Releases
from flightrules.state.spare import SIZE, Spare, require_room

BRIEFLY = Waiting(pause=0.05)


def record(state: State, name: str) -> None:
    Releases(state).create(Release(name, RELEASE, "shop", "plan: shop", "abc", "anna"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 24 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"a file system cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(disk: Path) -> Path:
    """Take every byte that is left."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for block in (1 << 20, 1 << 12):
            while True:
                try:
                    file.write(bytes(block))
                except OSError:
                    break
    return filler


def test_a_new_state_keeps_a_spare_that_really_takes_room(tmp_path: Path) -> None:
    open_state(tmp_path, SystemClock()).close()
    assert (tmp_path / "spare").stat().st_blocks * 512 >= SIZE


def test_a_spare_can_be_given_once_and_put_back(tmp_path: Path) -> None:
    spare = Spare(tmp_path)
    assert not spare.give()
    assert spare.restore() and spare.kept
    assert spare.give() and not spare.kept


def test_on_a_full_disk_the_spare_makes_room_and_people_are_told(small_disk: Path) -> None:
    told: list[str] = []
    state = open_state(small_disk / ".flight", SystemClock(), tell=told.append, waiting=BRIEFLY)
    record(state, "before")
    fill(small_disk)
    observations = Observations(state)
    for at in range(1000):
        observations.add("before", {"stage": "s", "at": float(at), "filling": "x" * 1000})
    assert told == [f"the disk that holds {small_disk}/.flight is full"]
    assert state.trouble == told[0]
    assert not (small_disk / ".flight" / "spare").exists()
    assert len(list(observations.of("before"))) == 1000
    state.close()


def test_without_a_spare_a_write_waits_for_room_and_then_succeeds(small_disk: Path) -> None:
    told = threading.Event()
    state = open_state(small_disk / ".flight", SystemClock(), tell=lambda _: told.set(), waiting=BRIEFLY)
    record(state, "before")
    (small_disk / ".flight" / "spare").unlink()
    filler = fill(small_disk)
    big = {"stage": "s", "at": 0.0, "filling": "x" * 4_000_000}
    writer = threading.Thread(target=lambda: Observations(state).add("before", big))
    writer.start()
    assert told.wait(10)
    assert writer.is_alive() and state.trouble is not None
    filler.unlink()
    writer.join(10)
    assert not writer.is_alive()
    assert len(list(Observations(state).of("before"))) == 1
    assert state.trouble is None
    assert (small_disk / ".flight" / "spare").exists()
    state.close()


def test_when_patience_ends_the_words_say_what_to_do(tmp_path: Path) -> None:
    state = open_state(tmp_path, SystemClock(), waiting=Waiting(pause=0.01, attempts=3))
    record(state, "before")

    def at_the_limit(connection):
        """SQLite's own limit stands for the disk: it answers in the same way."""
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        connection.execute(text("CREATE TABLE filling AS SELECT zeroblob(100000)"))

    with pytest.raises(StateUnusable) as refused:
        state.write(at_the_limit)
    assert refused.value.what == f"the disk that holds {tmp_path} is full"
    assert refused.value.do == "Make room or end what holds it, then repeat the command."
    assert not (tmp_path / "spare").exists()
    state.close()


def test_a_state_cannot_be_made_on_a_full_disk_and_that_is_said_at_once(small_disk: Path) -> None:
    folder = small_disk / ".flight"
    folder.mkdir()
    fill(small_disk)
    with pytest.raises(StateUnusable) as refused:
        open_state(folder, SystemClock())
    assert refused.value.what == f"the disk that holds {folder} is full"
    assert refused.value.do == "Make room or end what holds it, then repeat the command."


def test_a_state_with_its_spare_opens_on_a_full_disk(small_disk: Path) -> None:
    open_state(small_disk / ".flight", SystemClock()).close()
    fill(small_disk)
    state = open_state(small_disk / ".flight", SystemClock())
    record(state, "the way back")
    assert Releases(state).get("the way back").id == "the way back"
    state.close()


def test_no_release_begins_on_a_disk_without_room_for_its_way_back(small_disk: Path) -> None:
    state = open_state(small_disk / ".flight", SystemClock())
    require_room(state.folder)
    fill(small_disk)
    with pytest.raises(StateUnusable) as refused:
        require_room(state.folder)
    assert refused.value.what == (
        f"the disk that holds {state.folder} has 0.0 MiB left, so no release begins; nothing was touched"
    )
    assert refused.value.do == ("Make room, 8 MiB at least, or keep the state on another disk with --state DIR.")
    state.close()


def test_a_command_that_waits_for_the_disk_says_so_at_once(
    small_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(Place(Path("flight.yaml"), small_disk / ".flight")) as desk:
        state = desk.records.state
        record(state, "before")
        (state.folder / "spare").unlink()
        filler = fill(small_disk)
        big = {"stage": "s", "at": 0.0, "filling": "x" * 4_000_000}
        writer = threading.Thread(target=lambda: desk.records.observations.add("before", big))
        writer.start()
        give_up = time.monotonic() + 10
        while state.trouble is None and time.monotonic() < give_up:
            time.sleep(0.01)
        filler.unlink()
        writer.join(10)
    assert capsys.readouterr().err == (
        f"the disk that holds {small_disk}/.flight is full\n"
        "    This waits, and goes on by itself as soon as it can write there.\n"
    )


def test_the_spare_makes_room_for_what_begins_on_a_crowded_disk(small_disk: Path) -> None:
    open_state(small_disk / ".flight", SystemClock()).close()
    spare = Spare(small_disk / ".flight")
    spare.give_where_less_is_left(SIZE)
    assert spare.kept
    fill(small_disk)
    spare.give_where_less_is_left(SIZE)
    assert not spare.kept


@pytest.mark.slow
def test_a_state_that_another_process_has_locked_is_waited_for(tmp_path: Path) -> None:
    told: list[str] = []
    state = open_state(tmp_path, SystemClock(), tell=told.append, waiting=BRIEFLY, lock_seconds=0.1)
    program = (
        "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None); "
        "c.execute('BEGIN IMMEDIATE'); print('locked', flush=True); time.sleep(2); c.execute('COMMIT')"
    )
    with subprocess.Popen([sys.executable, "-c", program, state.path], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "locked\n"
        record(state, "patient")
    assert told == [f"the state in {tmp_path} is locked by another process"]
    assert state.trouble is None
    assert Releases(state).get("patient").id == "patient"
    state.close()


def test_other_errors_are_not_waited_for(tmp_path: Path) -> None:
    state = open_state(tmp_path, SystemClock())
    with pytest.raises(OperationalError, match="no such table"):
        state.read(lambda connection: connection.execute(text("SELECT * FROM missing")))
    state.close()


def test_a_folder_that_vanished_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    state = open_state(folder, SystemClock())
    state.close()
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    with pytest.raises(StateUnusable) as refused:
        record(state, "late")
    assert refused.value.what == f"{folder}/flight.db cannot be used: unable to open database file"
    assert refused.value.do == "See that the folder still exists and can be written, then repeat the command."
    assert not folder.exists()
