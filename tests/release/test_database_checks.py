"""Checks of a database in a release, against a real file of SQLite: it answers, it is sound, its claims hold."""

import sqlite3
from pathlib import Path

import pytest

from flightrules.clocks.system import SystemClock
from flightrules.databases import sqlite
from flightrules.domain.check_results import judged
from flightrules.domain.errors import DatabaseFailed
from flightrules.domain.verdict import Verdict
from flightrules.phases.database_checks import DatabaseCheck
from flightrules.testing.fake_fence import FakeFence
from flightrules.testing.scenario import FakeCommands
from tests.plan_file.plans import SMALL, read

DATABASE = """\
databases:
  main:
    kind: sqlite
    path: shop.db
    migrate: ./up
    undo: ./down
    checks: [{check: every order is paid, no_rows: select id from orders where paid = 0}]
verify:
  - {check: The database is sound, database: main, expect: time < 30s}
"""


class AtHand:
    """The one database of a release."""

    def __init__(self, plan, folder: Path) -> None:
        self.name, self.agreed = "main", plan.databases[0]
        self.database = sqlite.create(
            self.agreed.adapter.options, name="main", folder=folder / "work", plan_folder=folder,
            commands=FakeCommands(), clock=SystemClock(), fence=FakeFence(),
        )  # fmt: skip

    async def rows(self, sql, as_role=None, most=100, within=None):
        return await self.database.queries.rows(sql, as_role, most, within)


class Around:
    """As much of a release as asks a database."""

    def __init__(self, plan, folder: Path) -> None:
        self.clock, self.databases = SystemClock(), [AtHand(plan, folder)]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.execute("create table orders (id integer primary key, paid integer, note text)")
        connection.execute("create index notes on orders (note)")
        connection.executemany("insert into orders (paid, note) values (1, ?)", [("x" * 500,)] * 200)
    connection.close()
    return tmp_path


async def asked(folder: Path, text: str = DATABASE):
    plan = read(SMALL + text, folder)
    check = plan.verify[0]
    return check, await DatabaseCheck(Around(plan, folder), check).look()


async def test_one_that_answers_and_is_sound_passes(shop: Path) -> None:
    check, found = await asked(shop)
    assert found.verdict is None and judged(check.expects, found.values)[0] is Verdict.PASS
    assert found.says.startswith("database main answered in ")
    assert found.says.endswith(" ms and all 2 claims about it hold")
    assert found.evidence["asked"] == ["its file is sound", "every order is paid"]


async def test_a_claim_that_does_not_hold_fails_with_the_row_that_says_so(shop: Path) -> None:
    with sqlite3.connect(shop / "shop.db") as connection:
        connection.execute("update orders set paid = 0 where id = 7")
    connection.close()
    _, found = await asked(shop)
    assert found.verdict is Verdict.FAIL
    assert found.says == "database main: it is not so that every order is paid (returned 7)"


async def test_a_file_that_was_damaged_fails_or_nobody_knows_but_it_never_passes(shop: Path) -> None:
    file = shop / "shop.db"
    damaged = bytearray(file.read_bytes())
    damaged[4096 * 3 : 4096 * 6] = b"\x00" * 4096 * 3
    file.write_bytes(damaged)
    try:
        _, found = await asked(shop)
    except DatabaseFailed as unknown:
        assert "nobody knows whether" in unknown.what
    else:
        assert found.verdict is Verdict.FAIL and "its file is sound" in found.says


async def test_one_that_is_not_there_fails_and_is_not_made(shop: Path) -> None:
    (shop / "shop.db").unlink()
    _, found = await asked(shop)
    assert found.verdict is Verdict.FAIL and found.says.startswith("database main does not answer: ")
    assert not (shop / "shop.db").exists()


async def test_a_question_that_it_cannot_answer_leaves_nobody_knowing(shop: Path) -> None:
    with pytest.raises(DatabaseFailed, match="nobody knows whether every order is paid: "):
        await asked(shop, DATABASE.replace("from orders", "from no_such_table"))
