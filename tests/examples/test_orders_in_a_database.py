"""The shop's orders in a real database: kept for good before anybody is told, migrated by the version that needs it."""

import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from flightrules.databases import sqlite
from flightrules.domain.migrations import MigrationClass
from flightrules.ports.database import Migrations
from flightrules.testing.fake_fence import FakeFence
from tests.database.worlds import shared
from tests.examples.conftest import SHOP, build, serving, start

pytestmark = pytest.mark.slow

SHELF: Mapping[str, Any] = {"item": "shelf", "pieces": 2, "reference": "a-7", "recommended_by": "lamp"}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A copy of the shop, with an empty database."""
    shop = tmp_path / "my shop"
    shutil.copytree(SHOP, shop, ignore=shutil.ignore_patterns("__pycache__", ".flight", "data"))
    (shop / "data").mkdir()
    (shop / "data" / "shop.db").touch()
    return shop


def migrations(shop: Path) -> Migrations:
    agreed = yaml.safe_load((SHOP / "flight.yaml").read_text())["databases"]["orders"]
    options = {key: agreed[key] for key in ("path", "migrate", "undo")}
    found = sqlite.create(sqlite.Options(**options), **shared(shop, FakeFence())).migrations
    assert found is not None
    return found


def rows(shop: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(shop / "data" / "shop.db")) as connection:
        return connection.execute("select * from orders").fetchall()


async def test_the_second_migration_only_adds_and_the_third_is_reversible(shop: Path, tmp_path: Path) -> None:
    team = migrations(shop)
    for version, found, revision in (
        ("v1", MigrationClass.EXPAND_ONLY, "0001"),
        ("v2", MigrationClass.EXPAND_ONLY, "0002"),
        ("v3", MigrationClass.REVERSIBLE, "0003"),
    ):
        code = build(version, tmp_path, shop)
        pending = await team.pending(code)
        assert (pending.migration_class, pending.revisions) == (found, (revision,))
        await team.migrate(code)
    await team.undo(code, "0002")
    assert await team.revision(code) == "0002"


async def test_every_other_third_version_knows_the_database_of_the_second(shop: Path, tmp_path: Path) -> None:
    team = migrations(shop)
    await team.migrate(build("v2", tmp_path, shop))
    for version in sorted((shop / "versions").glob("v3-*")):
        assert (await team.pending(build(version.name, tmp_path, shop))).revisions == (), version.name


async def test_an_acknowledged_order_is_in_the_database_and_the_version_before_goes_on_with_it(
    shop: Path, tmp_path: Path
) -> None:
    await migrations(shop).migrate(build("v2", tmp_path, shop))
    for number, code in enumerate((tmp_path / "v2", build("v1", tmp_path, shop)), start=1):
        running = serving(start(code, SHOP_STORE="sqlite:data/shop.db"))
        try:
            answer = httpx.post(f"{running.url}/api/orders", json=SHELF)
            assert (answer.status_code, answer.json()["number"], len(rows(shop))) == (201, number, number)
            assert running.get("/api/orders").json()[0] == {"number": number, "item": "shelf", "pieces": 2}
        finally:
            running.end()
    assert rows(shop) == [(1, "shelf", 2, "a-7", "lamp"), (2, "shelf", 2, "a-7", None)]


async def test_an_order_is_refused_while_the_database_takes_none_and_taken_afterwards(
    shop: Path, tmp_path: Path
) -> None:
    code = build("v1", tmp_path, shop)
    running = serving(start(code, SHOP_STORE="sqlite:data/shop.db"))
    try:
        assert httpx.post(f"{running.url}/api/orders", json=SHELF).status_code == 500
        await migrations(shop).migrate(code)
        assert httpx.post(f"{running.url}/api/orders", json=SHELF).status_code == 201
    finally:
        running.end()


def test_the_plan_for_postgresql_differs_in_nothing_but_the_database() -> None:
    usual, other = ((SHOP / name).read_text().splitlines() for name in ("flight.yaml", "flight-postgres.yaml"))
    assert {line.split("#")[0].strip() for line in set(usual) ^ set(other)} == {
        'build: cp -r "$PLAN_FOLDER/shoplib" . && ln -s "$PLAN_FOLDER/data" data',
        'build: cp -r "$PLAN_FOLDER/shoplib" .',
        'environment: {SHOP_STORE: "sqlite:data/shop.db"}',
        'environment: {SHOP_STORE: "${SHOP_DATABASE}"}',
        *("kind: sqlite", "path: data/shop.db"),
        *("kind: postgres", "url: ${SHOP_OWNER}", "app_roles: [shop]"),
    }
