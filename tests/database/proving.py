"""A world in which nothing may be lost: an application behind a real Envoy, its database, and who writes through both.

Writers store numbered orders all the time. A number counts as acknowledged when its answer was 2xx; that is remembered
here, outside of everything that is killed.
"""

import contextlib
import csv
import itertools
import shutil
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import httpx

from flightrules.domain.migrations import MigrationClass
from flightrules.testing.postgres_server import PostgresServer
from tests.stories import plans
from tests.stories.fixture import Given, Then, When
from tests.stories.world import World, free_address

NUMBERED = Path(__file__).parent / "numbered"
EXPANDS, REVERSIBLE, _, DESTRUCTIVE = MigrationClass

OPERATIONS = {
    EXPANDS: ('op.add_column("orders", sa.Column("note", sa.Text))', 'op.drop_column("orders", "note")'),
    REVERSIBLE: (
        'op.create_index("one_text", "orders", ["text"], unique=True)',
        'op.drop_index("one_text", "orders")',
    ),
    DESTRUCTIVE: ('op.drop_column("orders", "old")', 'op.add_column("orders", sa.Column("old", sa.Text))'),
}
TABLES = (
    "create table orders (number integer primary key, text text not null, old text)",
    "create table alembic_version (version_num varchar(32) not null primary key)",
    "insert into alembic_version values ('a1')",
    "insert into orders values (-1, 'from before', 'something old')",
)
MIGRATES = {"migrate": "alembic upgrade head", "undo": "alembic downgrade $previous_revision", "within": "60s"}


class Orders(Protocol):
    """A database of the application: where it is, for the plan and for the application, and what is in it."""

    def plan(self) -> dict[str, Any]: ...

    def variables(self) -> str: ...

    def address(self) -> str: ...

    def numbers(self, database: str | None = None) -> set[int]: ...

    def databases(self) -> set[str]: ...


class SqliteOrders:
    """A file in WAL mode."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "data"
        self.folder.mkdir()
        with contextlib.closing(sqlite3.connect(self.folder / "orders.db")) as connection:
            connection.execute("pragma journal_mode = wal")
            for statement in TABLES:
                connection.execute(statement)
            connection.commit()

    def plan(self) -> dict[str, Any]:
        return {"kind": "sqlite", "path": "data/orders.db"}

    def variables(self) -> str:
        return ""

    def address(self) -> str:
        return str(self.folder / "orders.db")

    def numbers(self, database: str | None = None) -> set[int]:
        with contextlib.closing(sqlite3.connect(self.folder / f"{database or 'orders'}.db")) as connection:
            return {number for (number,) in connection.execute("select number from orders where number > 0")}

    def databases(self) -> set[str]:
        return {path.stem for path in self.folder.glob("*.db")}


class PostgresOrders:
    """A database whose owner is no superuser; the application may do no more than read and write its table."""

    def __init__(self, server: PostgresServer) -> None:
        self.server, self.name = server, server.new_database()
        self.app, self.owner = f"app_of_{self.name}", f"owner_of_{self.name}"
        server.execute(
            f"create role {self.app} login password 'app'",
            f"create role {self.owner} login createdb password 'owner' in role {self.app}",
            f"alter database {self.name} owner to {self.owner}",
        )
        server.execute(
            f"grant all on schema public to {self.owner}", f"set role {self.owner}", *TABLES,
            f"grant select, insert on orders to {self.app}", database=self.name,
        )  # fmt: skip

    def plan(self) -> dict[str, Any]:
        return {"kind": "postgres", "url": "${ORDERS_URL}", "app_roles": [self.app], "lock_pause": "200ms"}

    def variables(self) -> str:
        return f"ORDERS_URL={self.server.url(self.name, self.owner, 'owner')}"

    def address(self) -> str:
        return self.server.url(self.name, self.app, "app")

    def numbers(self, database: str | None = None) -> set[int]:
        rows = self.server.execute("select number from orders where number > 0", database=database or self.name)
        return {int(str(number)) for (number,) in rows}

    def databases(self) -> set[str]:
        found = self.server.execute(f"select datname from pg_database where datname ~ '^{self.name}(_|$)'")
        return {str(name) for (name,) in found}

    def close(self) -> None:
        for name in self.databases():
            self.server.execute(f'drop database "{name}" with (force)')
        self.server.execute(f"drop owned by {self.owner}, {self.app}", f"drop role {self.owner}, {self.app}")


class Writers:
    """Who stores numbered orders at `address` all the time, until `leave`; `acknowledged` are those that were taken."""

    def __init__(self, address: str, threads: int = 2) -> None:
        self.acknowledged: set[int] = set()
        self._numbers = itertools.count(1)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._write, args=(address,)) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def leave(self) -> None:
        """End, with every answer in."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _write(self, address: str) -> None:
        with httpx.Client(base_url=f"http://{address}", timeout=20) as client:
            while not self._over.wait(0.05):
                number = next(self._numbers)
                with contextlib.suppress(httpx.HTTPError):
                    if client.post(f"/orders/{number}").is_success:
                        self.acknowledged.add(number)


class Story:
    """One release of `kind` that is called back, while orders come in."""

    def __init__(self, world: World, orders: Orders, kind: MigrationClass, **agreed: Any) -> None:
        self.world, self.orders = world, orders
        self.given, self.when, self.then = Given(world), When(world), Then(world)
        for version in ("v1", "v2"):
            shutil.copytree(NUMBERED, world.folder / "versions" / version, dirs_exist_ok=True)
        _write_migration(world.folder / "versions" / "v2", kind)
        self.killed: list[str] = []
        (world.folder / ".env").write_text(f"ORDERS={orders.address()}\n{orders.variables()}\n")
        target = {
            "build": "true", "start": f"{sys.executable} app.py", "environment": {"ORDERS": "${ORDERS}"},
            "health": {"http": "/health", "within": "20s"},
        }  # fmt: skip
        database = {**orders.plan(), **MIGRATES, "allow": [str(kind)], **agreed}
        services = {"web": plans.service(free_address(), **target)}
        world.agree_on(plans.plan(services, databases={"main": database}, stages=plans.UNTIL_ASKED))

    def begun(self) -> Writers:
        """Let v1 serve, orders come in, and v2 be released."""
        if not (self.world.state / "flight.db").exists():
            self.given.with_stable("v1")
        writers = Writers(self.world.addresses()["web"])
        self.world.at_the_end.callback(writers.leave)
        self.when.releasing("v2")
        return writers

    def to_the_end(self, at_step: Callable[[str], None] = lambda step: None) -> None:
        """Call the release back from its first stage, answer what it asks, and wait for its end.

        `at_step` is called as each step of the database begins, for the first time.
        """
        seen: set[str] = set()  # a step that is tried again is not begun for the first time
        while (entry := self.when.event_that(_matters)).event.kind != "release.ended":
            step = entry.event.data.get("step", "")
            if entry.event.kind == "question.asked":
                self._answer()
            elif entry.event.kind == "release.held":
                self.when.seconds_pass(1)
                self.world.flight("resume")
            elif step.endswith("/hold"):
                self.world.start("abort", "--reason", "the story wants it", "--no-wait")
            elif step.startswith("database/") and step not in seen:
                seen.add(step)
                at_step(step)
        self.when.it_ends()

    def kill(self, step: str) -> None:
        """kill -9 of `flight`, and `flight run` again."""
        self.killed.append(step)
        self.when.it_is_killed().going_on()

    def _answer(self) -> None:
        for _ in range(20):
            if self.world.flight("approve").status == 0:
                return
            self.when.seconds_pass(0.3)
        raise AssertionError(self.world.story())

    def found(self, writers: Writers) -> None:
        """Look for every acknowledged order: in the database, or in what the record names after a restore."""
        writers.leave()
        there = self.orders.numbers()
        missing = writers.acknowledged - there
        restored = [entry.event.data for entry in self.world.entries("database.restored")]
        exported = set(self._exported())
        kept = {number for one in restored for number in self.orders.numbers(one["kept_as"])}
        print(f"{len(writers.acknowledged)} acknowledged, {len(missing)} of them in what a restore left")  # pytest -rP
        assert len(writers.acknowledged) > 50, self.world.story()
        assert not missing or restored, f"lost: {sorted(missing)[:20]}\n{self.world.story()}"
        assert missing <= exported, f"in no file: {sorted(missing - exported)[:20]}\n{self.world.story()}"
        assert missing <= kept, f"in no database: {sorted(missing - kept)[:20]}\n{self.world.story()}"

    def _exported(self) -> Iterator[int]:
        report = self.world.flight("report").out
        for counted in self.world.entries("writes.counted"):
            for table in counted.event.data["tables"]:
                path = Path(table["file"])
                assert str(path.parent) in "".join(report.split()).replace("\\_", "_"), report  # Markdown escapes some
                if path.stem.endswith("orders"):
                    with path.open(newline="") as file:
                        yield from (int(row["number"]) for row in csv.DictReader(file))


def _write_migration(version: Path, kind: MigrationClass) -> None:
    up, down = OPERATIONS[kind]
    (version / "migrations" / "versions" / "b2.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n\n"
        f'revision, down_revision = "b2", "a1"\n\n\ndef upgrade():\n    {up}\n\n\ndef downgrade():\n    {down}\n'
    )


def _matters(entry: Any) -> bool:
    if entry.event.kind == "step.started":
        return entry.event.data["step"].startswith("database/") or entry.event.data["step"].endswith("/hold")
    return entry.event.kind in ("question.asked", "release.held", "release.ended")
