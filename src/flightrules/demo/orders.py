"""The real database in which the demo's shop keeps its orders: made at the beginning, looked through at the end.

Owns nothing of how a release treats it: that is the plan's, and the shop's own migrations.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from flightrules.domain.errors import FlightError
from flightrules.testing import postgres_server
from flightrules.testing.postgres_server import PostgresServer

if TYPE_CHECKING:
    from flightrules.demo.shop import Shop

FILE = Path("data") / "shop.db"
SERVER = "postgres-server"
"""What names the folder of the demo's own server, in the shop's folder."""

OWNER, APPLICATION = "shop_owner", "shop"
_ROLES = (
    f"create role {OWNER} login createdb createrole password 'owner-of-the-demo'",
    f"create role {APPLICATION} login password 'shop-of-the-demo'",
    f"grant {APPLICATION} to {OWNER} with admin option",
    f"create database shop owner {OWNER}",
)
_RIGHTS = (
    f"alter default privileges for role {OWNER} grant select, insert on tables to {APPLICATION}",
    f"alter default privileges for role {OWNER} grant usage on sequences to {APPLICATION}",
)


class Store(Enum):
    """Where the shop keeps its orders."""

    SQLITE = "SQLite"
    POSTGRES = "PostgreSQL"


def refuse_missing(store: Store, missing: Callable[[], str] = postgres_server.missing) -> None:
    """Raise `FlightError` where this machine has no such database; `missing` says why there is no PostgreSQL."""
    if store is Store.POSTGRES and (why := missing()):
        raise FlightError(f"there is no PostgreSQL for the demo: {why}", "install it, or take SQLite: flight demo")


def make(shop: Shop, store: Store) -> None:
    """Make the empty database, and the plan name it. A server goes on until `end`."""
    if store is Store.SQLITE:
        file = Path(shop.folder) / FILE
        file.parent.mkdir(exist_ok=True)
        file.touch()  # an empty file is an empty database
        return
    server = postgres_server.start_server()
    (Path(shop.folder) / SERVER).write_text(str(server.socket))
    server.execute(*_ROLES)
    server.execute(*_RIGHTS, database="shop")
    shutil.copy(shop.plan.with_name("flight-postgres.yaml"), shop.plan)
    shop.listen_here()
    shop.plan.with_name(".env").write_text(
        f"SHOP_OWNER={_url(server, OWNER, 'owner')}\nSHOP_DATABASE={_url(server, APPLICATION, 'shop')}\n"
    )


def _url(server: PostgresServer, user: str, who: str) -> str:
    return server.url("shop", user, f"{who}-of-the-demo")


def end(shop: Shop) -> None:
    """End the server of this demo, where it has one, and remove what it kept."""
    note = Path(shop.folder) / SERVER
    if note.exists():
        postgres_server.stop_server(Path(note.read_text()))


def references(shop: Shop, exported: Iterable[Path] = ()) -> set[str]:
    """Return the reference of every order that is in the database, or in a file that a way back exported."""
    from sqlalchemy import create_engine, text

    engine = create_engine(_address(shop))
    try:
        with engine.connect() as connection:
            kept = set(connection.execute(text("select reference from orders")).scalars())
    finally:
        engine.dispose()
    return kept.union(*(_in_file(file) for file in exported))


def _in_file(file: Path) -> set[str]:
    with file.open(newline="", encoding="utf-8") as lines:
        return {row["reference"] for row in csv.DictReader(lines)}


def _address(shop: Shop) -> str:
    note = Path(shop.folder) / SERVER
    if not note.exists():
        return f"sqlite:///{Path(shop.folder) / FILE}"
    superuser = f"{postgres_server.OWNER}:{postgres_server.PASSWORD}"
    return f"postgresql+psycopg://{superuser}@/shop?host={note.read_text()}"
