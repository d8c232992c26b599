"""Whoever reads a command may go before its end, as `head` does: nothing is said, and no release stops for it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import TextIO

import pytest

from flightrules.cli.readers import LastingScreen
from flightrules.cli.screens import PlainScreen
from tests.written import Written

PRINTING = (
    "ledger export",
    "ledger export --json",
    "ledger show",
    "ledger verify",
    "report",
    "report --json",
    "status",
    "watch",
    "watch --json",
    "check",
    "schema",
)
TOLD_ELSEWHERE = re.compile(r"\d\d:\d\d:\d\d  ")
"""A line of the release itself, which goes to standard error where JSON goes to standard output."""


def without_a_reader(folder: Path, *words: str) -> tuple[int, str]:
    """Run `flight` with a pipe whose other end is closed; return its status and what it complained."""
    theirs, ours = os.pipe()
    os.close(theirs)
    at = {**os.environ, "FLIGHT_PLAN": str(folder / "flight.yaml"), "FLIGHT_STATE": str(folder / ".flight")}
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "flightrules.cli.main", *words], env=at, stdout=ours, stderr=subprocess.PIPE
        )
    finally:
        os.close(ours)
    return ended.returncode, ended.stderr.decode()


@pytest.mark.slow
@pytest.mark.parametrize("command", PRINTING)
def test_a_command_whose_reader_has_gone_ends_quietly_as_programs_do(
    written: Written, tmp_path: Path, command: str
) -> None:
    written.holds(1, "canary", 5).ends(1, "canary").ended("released")
    status, complained = without_a_reader(tmp_path, *command.split())
    assert status == 141
    assert [line for line in complained.splitlines() if not TOLD_ELSEWHERE.match(line)] == []


@pytest.mark.slow
@pytest.mark.parametrize("command", ["status", "ledger export"])
def test_words_for_which_there_is_no_room_are_missed(written: Written, tmp_path: Path, command: str) -> None:
    at = {**os.environ, "FLIGHT_PLAN": str(tmp_path / "flight.yaml"), "FLIGHT_STATE": str(tmp_path / ".flight")}
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "flightrules.cli.main", *command.split()],
            env=at,
            stdout=full,
            stderr=subprocess.PIPE,
        )
    assert ended.returncode == 141
    assert ended.stderr.decode() == "Not all that was printed could be written: No space left on device.\n"


class NoReader(TextIOWrapper):
    """Standard output whose reader has gone."""

    def __init__(self, gone: BrokenPipeError) -> None:
        super().__init__(BytesIO())
        self._gone = gone

    def flush(self) -> None:
        raise self._gone


def screen(out: TextIO) -> LastingScreen:
    return LastingScreen(PlainScreen(out))


def test_a_break_of_another_pipe_than_that_of_the_reader_is_not_taken_for_it(written: Written) -> None:
    from flightrules.views.following import Following

    following = Following(written.records, written.plan, written.release)
    view = following.view()
    with pytest.raises(BrokenPipeError):
        screen(NoReader(BrokenPipeError())).show(view, following.new)
