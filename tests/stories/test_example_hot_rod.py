"""The example `hot-rod`: five phases, and a database that is taken back although people have written since."""

import csv
import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from flightrules.testing.traffic_records import Record, acknowledged_orders
from tests.stories.fixture import Then, splits
from tests.stories.rehearsed import Example, nothing_lost
from tests.stories.world import free_address

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROUTES = ("GET /", "POST /api/approvals", "GET /api/tiles", "POST /api/approvals")
WISH = '{"title": "Order 20 helmets"}'
APPROVALS = "select reference from approvals"
DATABASE = "data/story.db"
DECIDED = 2000
"""How many approvals were decided before: as many numbers are free afterwards, and no more."""


@pytest.fixture
def dashboard() -> Iterator[Example]:
    address = free_address()
    providers = dict.fromkeys(("CHATWOOT_URL", "GITHUB_API", "MONITORING_URL"), f"http://{address}")
    made = Example(
        "hot-rod", {"dashboard": "HOTROD_PORT"}, HOTROD_DATABASE=DATABASE, VISITORS_PER_SECOND="0", **providers
    )
    made.set_in_staging(STAGING_URL=f"http://{made.addresses()['dashboard']}")
    made.database(DATABASE)
    made.beside("providers.py", "--port", address.rpartition(":")[2])
    yield made
    made.end()


def test_a_healthy_version_goes_through_all_five_phases(dashboard: Example) -> None:
    flight = dashboard.rehearse("v2", stable="v1", speed="60000x")
    users = dashboard.users_come("dashboard", ROUTES, WISH, per_second=30)
    dashboard.last = flight.ended(within=200)
    Then(dashboard).outcome("released").happened("release.sealed", times=1).failed_requests()
    assert splits(dashboard, "dashboard") == ["v1 100", "v2 100"]
    assert dashboard.answered_by("dashboard") == {"v2"}
    nothing_lost(users, dashboard.folder / DATABASE, APPROVALS)


def test_a_version_that_runs_out_of_numbers_comes_back_with_its_database_and_no_row_is_lost(dashboard: Example) -> None:
    flight = dashboard.rehearse("v3", stable="v2")
    decide(dashboard)
    users = dashboard.users_come("dashboard", ROUTES, WISH, per_second=30)
    watched = dashboard.watch(lambda entry: entry.event.kind == "watch.started", flight, within=200)
    come_to_the_numbers_that_are_taken(dashboard)
    dashboard.last = flight.ended(within=90)
    Then(dashboard).outcome("rolled back").says("error_rate of v3 is", "Rehearsal of v3: ✗ it was called back")
    assert splits(dashboard, "dashboard") == ["v2 100", "v3 100", "v2 100", "page", "v2 100"]
    assert dashboard.answered_by("dashboard") == {"v2"}
    Then(dashboard).happened("database.way_back", times=1, way="restore")
    failed = [record for record in users.records() if record.failed]
    assert failed
    assert all(record.ended > watched.at for record in failed), "only in the watch"
    assert all(record.version == "v3" or is_the_page(record) for record in failed), failed[:3]
    assert sum(record.version == "v3" for record in failed) < 200
    told = set(acknowledged_orders(users.records()))
    assert told <= kept(dashboard) | exported(dashboard)
    assert len(approvals(dashboard, "state = 'approved'")) >= DECIDED, "what the migration deleted is back"
    way_back = dashboard.way_back()
    assert way_back["total"] < way_back["within"] == 900


def decide(dashboard: Example) -> None:
    """Let many approvals have been decided, before any of the users comes."""
    rows = [(f"Old {number}", f"old-{number}") for number in range(DECIDED)]
    with closing(connect(dashboard)) as connection, connection:
        sql = "insert into approvals (title, state, reference) values (?, 'approved', ?)"
        connection.executemany(sql, rows)


def come_to_the_numbers_that_are_taken(dashboard: Example) -> None:
    """Ask for so many approvals that only a few numbers are left before the first of those that stayed."""
    with closing(connect(dashboard)) as connection, connection:
        connection.execute("begin immediate")
        (there,) = connection.execute("select count(*) from approvals").fetchone()
        rows = [(number, f"Import {number}", f"import-{number}") for number in range(there + 1, DECIDED - 10)]
        sql = "insert into approvals (number, title, state, reference) values (?, ?, 'open', ?)"
        connection.executemany(sql, rows)


def connect(dashboard: Example) -> sqlite3.Connection:
    return sqlite3.connect(dashboard.folder / DATABASE, timeout=20)


def approvals(dashboard: Example, where: str) -> set[str]:
    with closing(connect(dashboard)) as connection:
        return {row[0] for row in connection.execute(f"{APPROVALS} where {where}")}


def kept(dashboard: Example) -> set[str]:
    """Return what is in the database."""
    return approvals(dashboard, "reference is not null")


def exported(dashboard: Example) -> set[str]:
    """Return what was written into files before the restore took it away."""
    (file,) = dashboard.folder.rglob("approvals.csv")
    with file.open(newline="") as rows:
        return {row["reference"] for row in csv.DictReader(rows)}


def is_the_page(record: Record) -> bool:
    """Whether it is the page that visitors see while writes are stopped."""
    return record.status == 503 and record.version is None
