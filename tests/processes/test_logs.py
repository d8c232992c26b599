"""Logs stay bounded, and their last lines can always be read."""

import pytest

from flightrules.ports.processes import Program
from flightrules.processes.rotation import rotate, rotate_all
from flightrules.processes.shelf import OLD_LOGS, Shelf
from flightrules.processes.tail import tail
from tests.processes.waiting import until


def test_a_log_that_is_short_enough_stays(tmp_path):
    (log := tmp_path / "app.log").write_text("x" * 10)
    rotate(log, 10, 3)
    assert [file.name for file in tmp_path.iterdir()] == ["app.log"]


def test_a_log_that_is_too_long_moves_on_and_only_so_many_copies_are_kept(tmp_path):
    log = tmp_path / "app.log"
    for text in ("first", "second", "third", "fourth"):
        log.write_text(text)
        rotate(log, 3, 2)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {
        "app.log": "", "app.log.1": "fourth", "app.log.2": "third",
    }  # fmt: skip


def test_a_log_without_copies_is_emptied(tmp_path):
    (log := tmp_path / "app.log").write_text("too long")
    rotate(log, 3, 0)
    assert [(file.name, file.stat().st_size) for file in tmp_path.iterdir()] == [("app.log", 0)]


def test_a_program_that_writes_on_is_not_disturbed(tmp_path):
    with (log := tmp_path / "app.log").open("a") as stream:
        stream.write("before\n")
        stream.flush()
        rotate(log, 3, 1)
        stream.write("after\n")
    assert (log.read_text(), (tmp_path / "app.log.1").read_text()) == ("after\n", "before\n")


def test_a_log_that_cannot_be_rotated_does_not_keep_the_others_from_it(tmp_path):
    shelf = Shelf(tmp_path)
    shelf.prepare()
    for name in ("a", "b"):
        shelf.put(Program(name, ("true",), "/", log_bytes=3))
        shelf.log(name).write_text("too long")
    (tmp_path / "logs" / "a.log.1").mkdir()
    rotate_all(shelf)
    assert shelf.log("b").read_text() == ""


def test_the_last_lines_reach_back_over_a_rotation(tmp_path):
    (tmp_path / "app.log.1").write_text("1\n2\n3\n")
    (log := tmp_path / "app.log").write_text("4\n")
    assert tail(log, 3) == ("2", "3", "4")
    assert tail(log, 1) == ("4",)
    assert tail(tmp_path / "other.log", 3) == ()


def test_logs_of_programs_that_ended_long_ago_are_dropped(tmp_path):
    shelf = Shelf(tmp_path)
    shelf.prepare()
    for number in range(OLD_LOGS + 5):
        shelf.put(Program(f"p{number}", ("true",), "/"))
        shelf.log(f"p{number}").write_text("x")
        shelf.forget(f"p{number}")
    assert len(list(tmp_path.glob("logs/*"))) == OLD_LOGS


@pytest.mark.slow
async def test_the_log_of_a_running_program_is_rotated(processes, python, folder):
    chatter = "import time\nwhile True: print('x' * 1000); time.sleep(0.001)"
    await processes.ensure(python(chatter, log_bytes=10_000, log_copies=2))
    await until((folder / "logs" / "app.log.2").exists, seconds=40)
    assert processes.log("app", 1)[0].startswith("x")
    assert not (folder / "logs" / "app.log.3").exists()
