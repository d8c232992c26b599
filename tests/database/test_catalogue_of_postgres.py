"""The checks of the catalogue's section `postgres`, asked of a real server: where all is well, and where it is not."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from flightrules.checks import run
from flightrules.clocks.system import SystemClock
from flightrules.domain.check_results import judged
from flightrules.domain.checks import Check
from flightrules.domain.verdict import Verdict
from flightrules.plan_file import catalogue, load_text
from flightrules.ports.check import Tools
from flightrules.processes.commands import ShellCommands
from flightrules.testing.postgres_server import PostgresServer
from tests.plan_file.plans import SERVICES, STAGES

pytestmark = pytest.mark.slow

ASKED = [name for name, ready in catalogue.chapter("postgres").checks.items() if "run" in ready.keys]


@pytest.fixture
def address(server: PostgresServer) -> Iterator[str]:
    yield server.url(server.new_database())


def check_of(name: str, address: str) -> Check:
    text = f"{SERVICES}gates:\n  database:\n    - {{use: postgres, with: {{database: {address}}}}}\n{STAGES}"
    checks = load_text(text, "flight.yaml", Path("/nowhere"), {}).gates["database"]
    return dict(zip(catalogue.chapter("postgres").checks, checks, strict=True))[name]


async def verdict(folder: Path, check: Check) -> Verdict:
    commands = ShellCommands(folder / "commands", SystemClock())
    tools = Tools("check", 60, folder, folder / "evidence", "", "v2", commands, SystemClock(), check.environment)
    found = await run.create(check.options, tools).look()
    return found.verdict or judged(check.expects, found.values)[0]


@pytest.mark.parametrize("name", ASKED)
async def test_a_server_that_is_well_passes(name: str, address: str, tmp_path: Path) -> None:
    assert await verdict(tmp_path, check_of(name, address)) is Verdict.PASS


@pytest.mark.parametrize("name", ASKED)
async def test_of_a_server_that_is_not_there_nobody_says_that_it_is_well(name: str, tmp_path: Path) -> None:
    nowhere = f"postgresql://flight@/shop?host={tmp_path}"
    assert await verdict(tmp_path, check_of(name, nowhere)) is not Verdict.PASS


async def test_somebody_who_waits_for_a_lock_is_found(address: str, tmp_path: Path) -> None:
    with closing(psycopg.connect(address)) as first, closing(psycopg.connect(address, autocommit=True)) as second:
        first.execute("create table orders (id int)")
        first.commit()
        first.execute("lock table orders")
        second.pgconn.send_query(b"select * from orders")
        assert await verdict(tmp_path, check_of("no-waiting", address)) is Verdict.FAIL
