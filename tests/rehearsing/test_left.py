"""What earlier rehearsals left in force on staging is not rehearsed again: which migrations are, and what is said."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flightrules import plan_file
from flightrules.domain.events import Event
from flightrules.domain.rehearsals import Drill, Part, Rehearsing
from flightrules.records import Records
from flightrules.rehearsing.left import in_words, left, not_rehearsed
from flightrules.state.database import open_state
from flightrules.state.releases import RELEASE, Release
from flightrules.testing.fake_clock import FakeClock

PLAN = """\
plan: shop
version: {from: argument}
services:
  web:
    target: {kind: local, start: ./serve, health: {http: /health}}
    traffic: {kind: envoy, listen: "127.0.0.1:${PORT}"}
databases:
  orders: {kind: sqlite, path: orders.db, migrate: up, undo: down}
stages:
  - {stage: full, traffic: 100%, hold: 1h, look: every 15s, pass: error_rate < 1%}
"""


class Staging:
    """The records of rehearsals and of production, in which a test writes what happened."""

    def __init__(self, folder: Path) -> None:
        clock = FakeClock()
        self.states = [open_state(folder / name, clock) for name in ("rehearsals", "production")]
        self.rehearsals, self.production = (Records.of(state, clock) for state in self.states)
        self.plan = plan_file.load_text(PLAN, "flight.yaml", folder, {"PORT": "8080"})

    def rehearsed(self, name: str, part: Part = Part.WHOLE, drill: Drill | None = None) -> None:
        rehearsing = Rehearsing("staging.env", part=part, drill=drill).to_record()
        arguments = {"services": {}, "rehearsal": rehearsing}
        self.rehearsals.releases.create(Release(name, RELEASE, "shop", PLAN, "", "anna", arguments))
        self.rehearsals.releases.finish(name, "released")
        self.happened(name, "release.began")

    def migrated(self, name: str, before: str, to: str | None, records: Records | None = None) -> None:
        self.happened(name, "migration.pending", records, revision=before)
        self.happened(name, "migration.ended", records, revision=to)

    def happened(self, name: str, kind: str, records: Records | None = None, **data: str | None) -> None:
        event = Event(kind, name, {"database": "orders", **data}, version=f"digest of {name}")
        (records or self.rehearsals).ledger.append(event)

    def left(self) -> list[tuple[str, str]]:
        found = left(self.rehearsals, self.production.ledger, self.plan)
        return [(each.revision, each.release) for each in found]

    def not_rehearsed(self, release: str) -> list[str]:
        found = not_rehearsed(self.rehearsals, self.production.ledger, self.plan, release)
        return [each.release for each in found]


@pytest.fixture
def staging(tmp_path: Path) -> Iterator[Staging]:
    made = Staging(tmp_path)
    yield made
    for each in made.states:
        each.close()


def test_a_migration_that_was_rehearsed_is_in_force_the_next_time(staging: Staging) -> None:
    staging.rehearsed("first")
    staging.migrated("first", "a1", "b2")
    assert staging.not_rehearsed("first") == []
    staging.rehearsed("second")
    assert staging.left() == [("b2", "first")]
    assert staging.not_rehearsed("second") == ["first"]


def test_it_is_said_with_what_to_do(staging: Staging) -> None:
    staging.rehearsed("first")
    staging.migrated("first", "a1", "b2")
    assert in_words(left(staging.rehearsals, staging.production.ledger, staging.plan)) == (
        "the migration of database orders to b2, in force on staging since first: make that database of staging anew "
        "to rehearse it"
    )


@pytest.mark.parametrize("how", ["migration.undone", "database.restored"])
def test_what_was_taken_back_is_rehearsed_again(staging: Staging, how: str) -> None:
    staging.rehearsed("first")
    staging.migrated("first", "a1", "b2")
    staging.happened("first", how, revision="a1")
    assert staging.left() == []


def test_one_that_was_rehearsed_again_since_staging_was_made_anew_is_one(staging: Staging) -> None:
    for name in ("first", "second"):
        staging.rehearsed(name)
        staging.migrated(name, "a1", "b2")
    assert staging.left() == [("b2", "second")]


def test_what_a_later_rehearsal_took_back_was_in_force_until_then(staging: Staging) -> None:
    staging.rehearsed("first")
    staging.migrated("first", "a1", "b2")
    staging.rehearsed("second")
    staging.happened("to the base", "migration.undone", revision="a1")
    assert staging.left() == []
    assert staging.not_rehearsed("second") == ["first"]


def test_what_production_has_too_is_as_it_should_be(staging: Staging) -> None:
    staging.rehearsed("first")
    staging.migrated("first", "a1", "b2")
    staging.migrated("a release", "a1", "b2", staging.production)
    assert staging.left() == []


def test_without_a_revision_the_version_tells(staging: Staging) -> None:
    staging.rehearsed("first")
    staging.migrated("first", "", None)
    staging.migrated("another", "", None, staging.production)
    assert staging.left() == [("", "first")]
    staging.migrated("first", "", None, staging.production)
    assert staging.left() == []


def test_what_brings_staging_to_what_production_serves_is_no_rehearsal(staging: Staging) -> None:
    staging.rehearsed("setting up", Part.SET_UP)
    staging.migrated("setting up", "", "a1")
    assert staging.left() == []


def test_a_rehearsal_with_a_migration_of_its_own_rehearsed_that(staging: Staging) -> None:
    staging.rehearsed("first")
    staging.migrated("first", "a1", "b2")
    staging.rehearsed("second")
    staging.migrated("second", "b2", "c3")
    assert staging.not_rehearsed("second") == []
