"""Every database of the package keeps the promises of the port, on real databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flightrules import adapters
from flightrules.testing.database_contract import DatabaseContract
from flightrules.testing.postgres_server import PostgresServer, missing, running_server
from tests.database.worlds import CommandWorld, FakeWorld, PostgresWorld, SqliteWorld


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    if why := missing():
        pytest.skip(why)
    with running_server() as server:
        yield server


class TestFake(DatabaseContract):
    kind = "fake"

    @pytest.fixture
    def world(self) -> FakeWorld:
        return FakeWorld()


@pytest.mark.slow
class TestPostgres(DatabaseContract):
    kind = "postgres"

    @pytest.fixture
    def world(self, server: PostgresServer, tmp_path: Path) -> Iterator[PostgresWorld]:
        world = PostgresWorld(server, tmp_path)
        yield world
        world.close()


class TestSqlite(DatabaseContract):
    kind = "sqlite"

    @pytest.fixture(params=["wal", "delete"])
    def world(self, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqliteWorld]:
        world = SqliteWorld(tmp_path, request.param)
        yield world
        world.close()


@pytest.mark.slow
class TestCommand(DatabaseContract):
    kind = "command"

    @pytest.fixture
    def world(self, tmp_path: Path) -> Iterator[CommandWorld]:
        world = CommandWorld(tmp_path)
        yield world
        world.close()


def test_no_database_of_the_package_skips_the_contract() -> None:
    held = {TestPostgres.kind, TestSqlite.kind, TestCommand.kind}
    assert held == set(adapters.kinds(adapters.DATABASES))
