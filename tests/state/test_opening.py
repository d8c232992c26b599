from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import select, text

from flightrules.domain.errors import StateUnusable
from flightrules.state.database import State, open_state
from flightrules.state.folder import is_there
from flightrules.state.reading import open_to_read
from flightrules.state.tables import releases
from flightrules.testing.fake_clock import FakeClock


def test_a_new_state_is_for_its_owner_alone(state: State) -> None:
    assert state.folder.stat().st_mode & 0o777 == 0o700
    assert state.path.stat().st_mode & 0o777 == 0o600


def test_a_folder_that_others_could_read_is_closed_to_them(tmp_path: Path, clock: FakeClock) -> None:
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    open_state(folder, clock).close()
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_that_holds_other_things_is_refused_and_stays_open(tmp_path: Path, clock: FakeClock) -> None:
    """`--state /tmp`, typed at night by root, must not lock everybody out of /tmp."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    (shared / "letter").write_text("from somebody else")
    with pytest.raises(StateUnusable) as refused:
        open_state(shared, clock)
    what = f"{shared} is open to others and holds other things, so it cannot become a state folder"
    assert refused.value.what == what
    assert refused.value.do == f"Name a folder of its own, for instance --state {shared}/flight."
    assert shared.stat().st_mode & 0o7777 == 0o1777
    assert [each.name for each in shared.iterdir()] == ["letter"]


def test_commits_survive_a_power_cut_and_readers_do_not_block_writers(state: State) -> None:
    def pragmas(connection):
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]

    assert state.read(pragmas) == ["wal", 2]


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "state").write_text("no folder")
    with pytest.raises(StateUnusable) as refused:
        open_state(tmp_path / "state", clock)
    assert refused.value.what == f"the state folder {tmp_path}/state cannot be made: file exists"
    assert refused.value.do == "Choose a folder that you can write with --state DIR."


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    folder = tmp_path / "theirs"
    folder.mkdir()
    os.chown(folder, 4711, 4711)
    with pytest.raises(StateUnusable) as refused:
        open_state(folder, clock)
    assert refused.value.what == f"the state folder {folder} belongs to user 4711, and you are root"
    assert refused.value.do == "Run flight as user 4711, or use a state of your own with --state DIR."


def test_a_folder_into_which_nobody_may_look_is_refused_in_words(tmp_path: Path) -> None:
    folder = tmp_path / ("n" * 300)
    with pytest.raises(StateUnusable) as refused:
        is_there(folder)
    assert refused.value.what == f"the state folder {folder} cannot be looked into: file name too long"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_who_looks_into_a_folder_of_somebody_else_hears_whose_it_is(clock: FakeClock) -> None:
    with TemporaryDirectory() as shared:
        Path(shared).chmod(0o755)
        folder = Path(shared) / "state"
        open_state(folder, clock).close()
        os.seteuid(4711)
        try:
            with pytest.raises(StateUnusable) as refused:
                is_there(folder)
        finally:
            os.seteuid(0)
    assert refused.value.what == f"the state folder {folder} belongs to root, and you are user 4711"


@pytest.mark.parametrize("name", ["a?b=c&d", "a#b", "a%20b", "ü 'b\""])
def test_a_state_lies_in_its_folder_whatever_that_is_called(tmp_path: Path, clock: FakeClock, name: str) -> None:
    folder = tmp_path / name / "state"
    assert not is_there(folder)
    state = open_state(folder, clock)
    state.write(lambda connection: connection.execute(text("PRAGMA user_version = 7")))
    state.close()
    looking = open_to_read(folder, clock)
    assert looking.read(lambda connection: connection.execute(text("PRAGMA user_version")).scalar()) == 7
    looking.close()
    assert [found.name for found in tmp_path.iterdir()] == [name]


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "flight.db").write_bytes(b"this is a letter, not a database" * 100)
    with pytest.raises(StateUnusable) as refused:
        open_state(tmp_path, clock)
    assert refused.value.what == f"{tmp_path}/flight.db is damaged: file is not a database"
    assert refused.value.do == (
        "Keep the folder as it is for inspection, and put back a copy or use another state with --state DIR."
    )
    assert (tmp_path / "flight.db").read_bytes().startswith(b"this is a letter")


def test_a_database_with_broken_pages_is_refused_when_it_is_read(tmp_path: Path, clock: FakeClock) -> None:
    open_state(tmp_path, clock).close()
    with sqlite3.connect(tmp_path / "flight.db") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'releases'").fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    with (tmp_path / "flight.db").open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    state = open_state(tmp_path, clock)
    with pytest.raises(StateUnusable, match=r"flight\.db is damaged: database disk image is malformed"):
        state.read(lambda connection: connection.execute(select(releases)).all())
    state.close()


def test_a_state_of_a_newer_flight_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    state = open_state(tmp_path, clock)
    state.write(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '0999'")))
    state.close()
    with pytest.raises(StateUnusable) as refused:
        open_state(tmp_path, clock)
    assert refused.value.what == (
        f"{tmp_path}/flight.db was written by a newer flight (its schema is 0999, this program knows 0003)"
    )
    assert refused.value.do == (
        "Upgrade flight (pip install --upgrade flightrules), or use another state with --state DIR."
    )


def test_a_database_of_another_program_is_refused(tmp_path: Path, clock: FakeClock) -> None:
    with sqlite3.connect(tmp_path / "flight.db") as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    connection.close()
    with pytest.raises(StateUnusable) as refused:
        open_state(tmp_path, clock)
    assert refused.value.what == f"{tmp_path}/flight.db is a database of something else: it has the table bookmarks"


def test_many_threads_may_open_a_new_state_at_once(tmp_path: Path, clock: FakeClock) -> None:
    opened: list[State] = []
    threads = [threading.Thread(target=lambda: opened.append(open_state(tmp_path, clock))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened) == 8
    assert opened[0].read(lambda connection: connection.scalar(text("SELECT count(*) FROM head"))) == 1
    for state in opened:
        state.close()


def test_opening_an_up_to_date_state_does_not_import_the_migrations_library(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from flightrules.clocks.system import SystemClock; "
        "from flightrules.state.database import open_state; "
        f"open_state(Path({str(tmp_path)!r}), SystemClock()); print('alembic' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout == "False\n"


def test_what_failed_leaves_nothing_behind(state: State) -> None:
    def fail(connection):
        connection.execute(text("UPDATE head SET number = 5"))
        raise LookupError("in the middle")

    with pytest.raises(LookupError):
        state.write(fail)
    assert state.read(lambda connection: connection.scalar(text("SELECT number FROM head"))) == 0


def test_a_write_has_the_database_for_itself_from_its_beginning(state: State) -> None:
    def read_only_so_far(connection):
        other = sqlite3.connect(state.path, timeout=0, isolation_level=None)
        with pytest.raises(sqlite3.OperationalError, match="database is locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()

    state.write(read_only_so_far)
