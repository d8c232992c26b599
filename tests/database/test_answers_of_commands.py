"""The kind `command`: what a team's own line counts is taken whole, or not at all."""

import resource
from pathlib import Path

import pytest

from flightrules.databases import command
from flightrules.domain.errors import DatabaseFailed
from flightrules.ports.database import Copies
from flightrules.testing.fake_fence import FakeFence
from tests.database.worlds import shared


def copies(folder: Path, count: str) -> Copies:
    options = command.Options(run_backup="true", restore="true", count=count, drop="true")
    return command.create(options, **shared(folder, FakeFence())).copies


async def test_every_table_counts_however_many_there_are(tmp_path: Path) -> None:
    found = await copies(tmp_path, "seq 1 500 | sed 's/.*/table_& 7/'").fingerprint()
    assert len(found.tables) == 500 and found.rows == 3500


@pytest.mark.parametrize(
    "line", ["echo orders 3; exit 0", "(echo orders 3)", "echo orders 3 # all of them", "printf 'orders 3'"]
)
async def test_it_may_be_whatever_a_shell_takes(tmp_path: Path, line: str) -> None:
    assert (await copies(tmp_path, line).fingerprint()).rows == 3


async def test_what_it_complains_about_is_no_row(tmp_path: Path) -> None:
    assert (await copies(tmp_path, "echo deprecated >&2; echo orders 3").fingerprint()).rows == 3


async def test_why_it_failed_is_told_also_where_it_prints_that_among_its_answers(tmp_path: Path) -> None:
    with pytest.raises(DatabaseFailed) as failure:
        await copies(tmp_path, "echo orders 3; echo 'error: no such database'; exit 4").fingerprint()
    assert failure.value.what == "`count` of database main ended with status 4: error: no such database"


async def test_an_answer_that_a_full_disk_cuts_off_is_none(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk; the line itself does not notice."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(DatabaseFailed):
            await copies(tmp_path, "trap '' XFSZ; seq 1 5000 | sed 's/.*/table_& 7/'; true").fingerprint()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
