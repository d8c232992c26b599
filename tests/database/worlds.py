"""An application over a real database of each kind, as the contract wants it."""

import sqlite3
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

from flightrules.clocks.system import SystemClock
from flightrules.databases import command, postgres, sqlite
from flightrules.domain.errors import DatabaseFailed
from flightrules.processes.commands import ShellCommands
from flightrules.testing.database_contract import WriteRefused
from flightrules.testing.fake_database import FakeServer, fake_database
from flightrules.testing.fake_fence import FakeFence
from flightrules.testing.postgres_server import PostgresServer

TABLE = "create table numbers (number integer primary key, text text not null)"
UPSERT = "insert into numbers values ({0}, {0}) on conflict (number) do update set text = excluded.text"


def shared(folder: Path, fence: FakeFence) -> dict[str, Any]:
    clock = SystemClock()
    commands = ShellCommands(folder / "commands", clock)
    return {
        "name": "main", "folder": folder / "work", "plan_folder": folder, "commands": commands, "clock": clock,
        "fence": fence,
    }  # fmt: skip


class FakeWorld:
    """The numbers are keys in memory."""

    cannot: Mapping[str, str] = {}

    def __init__(self) -> None:
        self.server, self.fence = FakeServer(), FakeFence()
        self.database = fake_database(self.server, self.fence)
        for number in range(1, 51):
            self.write(number)

    def write(self, number: int, text: str = "first") -> None:
        try:
            self.server.write("numbers", number, text)
        except DatabaseFailed as error:
            raise WriteRefused from error

    def remove(self, number: int) -> None:
        self.server.write("numbers", number, None)

    def numbers(self, database: str | None = None) -> set[int]:
        return set(self.server.tables(database)["numbers"])

    def databases(self) -> set[str]:
        return self.server.databases.keys() - {"shop"}

    def somebody_elses(self, name: str) -> None:
        self.server.databases[name] = {}

    def spoil(self, folder: Path) -> None:
        (folder / "copy.json").write_text("{")


class PostgresWorld:
    """The application's role owns nothing: it may only write."""

    cannot: Mapping[str, str] = {}

    def __init__(self, server: PostgresServer, folder: Path, **options: Any) -> None:
        self.server, self.fence, self.name = server, FakeFence(), server.new_database()
        server.execute(
            f"drop role if exists app_of_{self.name}", f"create role app_of_{self.name} login password 'app'"
        )
        server.execute(
            TABLE, f"grant all on numbers to app_of_{self.name}",
            "insert into numbers select n, 'first' from generate_series(1, 50) n", database=self.name,
        )  # fmt: skip
        self.options = postgres.Options(
            url=server.url(self.name), app_roles=(f"app_of_{self.name}",), jobs=2, **options
        )
        self.database = postgres.create(self.options, **shared(folder, self.fence))
        self._app: psycopg.Connection[Any] | None = None

    def write(self, number: int, text: str = "first") -> None:
        try:
            self._connected().execute(UPSERT.format("%s"), (number, text))
        except psycopg.errors.ReadOnlySqlTransaction as error:
            raise WriteRefused from error

    def remove(self, number: int) -> None:
        self._connected().execute("delete from numbers where number = %s", (number,))

    def numbers(self, database: str | None = None) -> set[int]:
        with psycopg.connect(self.server.url(database or self.name), autocommit=True) as connection:
            return {number for (number,) in connection.execute("select number from numbers")}

    def databases(self) -> set[str]:
        known = {"postgres", "template0", "template1"}
        found = {str(name) for (name,) in self.server.execute("select datname from pg_database")}
        return {name for name in found - known if not name.startswith("shop_")}

    def somebody_elses(self, name: str) -> None:
        self.server.execute(f"create database {name}")

    def spoil(self, folder: Path) -> None:
        for path in folder.glob("*.dat.gz"):
            path.write_bytes(b"not a row of this table\n")

    def close(self) -> None:
        if self._app is not None:
            self._app.close()
        for name in (*self.databases(), self.name):
            self.server.execute(f'drop database if exists "{name}" with (force)')

    def _connected(self) -> "psycopg.Connection[Any]":
        """As applications do: a connection that was ended is made anew."""
        if self._app is not None:
            try:
                self._app.execute("select 1")
            except psycopg.OperationalError:
                self._app = None
        if self._app is None:
            url = self.server.url(self.name, f"app_of_{self.name}", "app")
            self._app = psycopg.connect(url, autocommit=True)
        return self._app


class SqliteWorld:
    """The application keeps its one connection open over everything."""

    cannot: Mapping[str, str] = {}

    def __init__(self, folder: Path, journal: str) -> None:
        self.folder, self.fence = folder / "shop", FakeFence()
        self.folder.mkdir()
        self._app = connect(self.folder / "shop.db")
        self._app.execute(f"pragma journal_mode = {journal}")
        self._app.execute(TABLE)
        self._app.executemany("insert into numbers values (?, 'first')", [(number,) for number in range(1, 51)])
        options = sqlite.Options(path=Path("shop/shop.db"))
        self.database = sqlite.create(options, **shared(folder, self.fence))

    def write(self, number: int, text: str = "first") -> None:
        try:
            self._app.execute(UPSERT.format("?"), (number, text))
        except sqlite3.IntegrityError as error:
            raise WriteRefused from error

    def remove(self, number: int) -> None:
        self._app.execute("delete from numbers where number = ?", (number,))

    def numbers(self, database: str | None = None) -> set[int]:
        if database is None:
            return {number for (number,) in self._app.execute("select number from numbers")}
        other = connect(self.folder / f"{database}.db")
        try:
            return {number for (number,) in other.execute("select number from numbers")}
        finally:
            other.close()

    def databases(self) -> set[str]:
        return {path.stem for path in self.folder.glob("*.db")} - {"shop"}

    def somebody_elses(self, name: str) -> None:
        connect(self.folder / f"{name}.db").execute("create table numbers (number)").connection.close()

    def spoil(self, folder: Path) -> None:
        (path,) = folder.iterdir()
        path.write_bytes(path.read_bytes()[:5000] + b"\xff" * 3000)

    def close(self) -> None:
        self._app.close()


def connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


TOOL = """
import os, shutil, sqlite3, sys
from pathlib import Path

asked, database, backup = sys.argv[1], os.environ.get("DATABASE"), os.environ.get("BACKUP", "")
path = Path("shop") / f"{database or 'shop'}.db"

def open_and_close(mode):
    os.chmod(path, mode)

match asked:
    case "backup":
        sqlite3.connect(path).execute("vacuum into ?", (f"{backup}/copy",))
    case "restore":
        if path.exists():
            sys.exit(f"there is a database {database} already")
        path.touch()
        if sqlite3.connect(f"{backup}/copy").execute("pragma integrity_check").fetchone() != ("ok",):
            sys.exit("damaged")
        shutil.copy(f"{backup}/copy", path)
        Path("shop", f"{database}.ours").touch()
    case "count":
        (rows,) = sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute("select count(*) from numbers").fetchone()
        print("numbers", rows)
    case "drop":
        if path.exists() and database == "precious":
            sys.exit(f"database {database} was not made from a backup")
        path.unlink(missing_ok=True)
    case "query":
        try:
            for row in sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute(os.environ["SQL"]):
                print(*("" if value is None else value for value in row), sep="\\t")
        except (sqlite3.Error, sqlite3.Warning) as error:
            sys.exit(str(error))
"""


NEEDED = ("backup", "restore", "count", "drop")


class CommandWorld(SqliteWorld):
    """The same application; what flight does, a script of its team does."""

    no_switch = "the plan of this world gives no commands for it"
    cannot: Mapping[str, str] = {
        "test_what_a_backup_says_is_true_while_others_write": "a command says nothing of the moment: that is refused",
        **dict.fromkeys(
            (
                "test_a_closed_database_refuses_writes_and_is_read",
                "test_a_restored_database_takes_the_place_and_the_old_one_is_kept",
                "test_a_backup_of_a_closed_database_restores_to_an_open_one",
                "test_an_open_database_is_not_swapped",
                "test_what_was_not_restored_is_not_swapped_in",
                "test_who_lost_the_lease_touches_nothing",
                "test_a_restored_database_is_asked_once_it_has_taken_the_place",
            ),
            no_switch,
        ),
        **dict.fromkeys(
            (
                "test_two_databases_are_compared_row_by_row",
                "test_the_values_of_rows_are_read_by_what_the_rows_are",
                "test_what_was_restored_is_listed_and_what_is_somebody_elses_is_not",
                "test_reading_rows_can_be_given_up",
            ),
            command.NO_ROWS,
        ),
    }

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "delete")
        (folder / "tool.py").write_text(TOOL)
        lines = {name: f"{sys.executable} -S tool.py {name}" for name in (*NEEDED, "query")}
        options = command.Options(run_backup=lines.pop("backup"), **lines)
        self.database = command.create(options, **shared(folder, self.fence))
