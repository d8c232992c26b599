"""The database of the demo: there before the first release, looked through at the end, gone with the demo."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from flightrules.demo import orders
from flightrules.demo.orders import Store
from flightrules.demo.shop import Shop, copy
from flightrules.domain.errors import FlightError
from flightrules.plan_file import load
from flightrules.testing.postgres_server import missing


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = copy(8081)
    yield shop
    orders.end(shop)
    shop.remove()


def test_an_order_is_found_in_the_database_or_in_a_file_that_a_way_back_exported(shop: Shop) -> None:
    orders.make(shop, Store.SQLITE)
    with sqlite3.connect(Path(shop.folder) / "data" / "shop.db") as connection:
        connection.execute("create table orders (number integer primary key, reference text)")
        connection.execute("insert into orders (reference) values ('demo-4'), ('demo-14')")
    connection.close()
    exported = Path(shop.folder) / "orders.csv"
    exported.write_text("number,reference\r\n3,demo-24\r\n")
    assert orders.references(shop) == {"demo-4", "demo-14"}
    assert orders.references(shop, [exported]) == {"demo-4", "demo-14", "demo-24"}


def test_without_postgresql_it_is_said_before_anything_begins() -> None:
    with pytest.raises(FlightError) as refused:
        orders.refuse_missing(Store.POSTGRES, missing=lambda: "PostgreSQL's server is not installed")
    assert refused.value.what == "there is no PostgreSQL for the demo: PostgreSQL's server is not installed"
    assert refused.value.do == "install it, or take SQLite: flight demo"
    orders.refuse_missing(Store.SQLITE, missing=lambda: "PostgreSQL's server is not installed")


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()), reason=missing() or "there is one")
def test_a_server_of_its_own_is_named_by_the_plan_and_ends_with_the_demo(shop: Shop) -> None:
    orders.make(shop, Store.POSTGRES)
    (database,) = load(shop.plan, {}).databases
    assert database.adapter.kind == "postgres"
    assert f"listen: {shop.address}" in shop.plan.read_text()
    folder = Path((Path(shop.folder) / orders.SERVER).read_text())
    assert (folder / "data" / "postmaster.pid").exists()
    orders.end(shop)
    assert not folder.exists()


@pytest.mark.slow
@pytest.mark.skipif(bool(missing()) or os.geteuid() != 0, reason="only root starts PostgreSQL as another user")
def test_a_server_that_cannot_be_started_is_no_defect_of_flight(shop: Shop, tmp_path: Path) -> None:
    before = tempfile.tempdir
    (tmp_path / "closed").mkdir(mode=0o700)
    tempfile.tempdir = str(tmp_path / "closed")
    try:
        with pytest.raises(FlightError, match=r"^initdb of PostgreSQL ended with 1: ") as failed:
            orders.make(shop, Store.POSTGRES)
    finally:
        tempfile.tempdir = before
    assert "TMPDIR" in failed.value.do
    assert list((tmp_path / "closed").iterdir()) == []
