"""The disk with the state is full, or somebody locks its database: releases and their ways back wait, and go on."""

import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.stories.fixture import Given, Then, When
from tests.stories.plans import stage
from tests.stories.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

STAGES = [stage("canary", 20, hold="4s"), stage("full", 100, hold="2s")]
FULL_FOR = 6.0


@pytest.fixture
def small_disk(world: World) -> Path:
    """A disk of 24 megabytes for the state alone."""
    world.state.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m,mode=0700", "tmpfs", str(world.state)], capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    world.at_the_end.callback(subprocess.run, ["umount", "-l", str(world.state)], check=True)
    return world.state


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """Let nothing fit on `disk` while the block runs, not even what is set free meanwhile."""
    filler = disk / "filler"
    until = time.monotonic() + FULL_FOR
    while time.monotonic() < until:
        fill(filler)
        time.sleep(0.1)
    assert shutil.disk_usage(disk).free < 64 * 1024
    yield
    filler.unlink()


def fill(filler: Path) -> None:
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue


def test_a_release_goes_on_after_its_disk_was_full_during_a_hold(
    given: Given, when: When, then: Then, small_disk: Path
) -> None:
    given.a_shop(stages=STAGES).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started").seconds_pass(1)
    with full(small_disk):
        assert when.driver is not None and when.driver.running
    when.it_ends()
    then.outcome("released").splits("v1 100", "v1 80 v2 20", "v2 100").in_service(web="v2").failed_requests()


def test_a_release_goes_back_although_its_disk_gets_full_on_the_way(
    given: Given, when: When, then: Then, small_disk: Path
) -> None:
    given.a_shop(stages=STAGES).a_version("v4", FAILS_IN_SILENCE).with_stable("v1").with_users()
    when.releasing("v4").it_comes_to("rule.fired")
    with full(small_disk):
        assert when.driver is not None and when.driver.running
    at = time.time()
    when.it_ends()
    then.outcome("rolled back").in_service(web="v1").runs("v1").failed_requests(at_candidate="v4")
    then.happened("release.held", times=0)
    shifted = given.world.entries("traffic.shifted")[-2]
    assert shifted.at < at + 5, "it goes on as soon as there is room"


FAILS_IN_SILENCE = """\
from shoplib import Shop, main
from shoplib.web import json_answer

shop = Shop("v4")


async def fail(request):
    return json_answer({"error": "not today"}, 500)  # without a log, for which there would be no room


for method, path in (("GET", "/"), ("GET", "/api/orders"), ("POST", "/api/orders"), ("GET", "/api/search")):
    shop.route(method, path, fail)
main(shop)
"""


def test_a_disk_that_is_full_already_does_not_keep_a_person_from_calling_back(
    given: Given, when: When, then: Then, small_disk: Path
) -> None:
    given.a_shop(stages=[stage("canary", 20, hold="10m"), stage("full", 100)]).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started")
    fill(small_disk / "filler")  # what is left now is the spare that the state keeps for this
    when.somebody_says("abort", "--reason", "the disk is full")
    when.it_ends()
    assert given.world.release.outcome == "rolled back"
    (small_disk / "filler").unlink()
    then.outcome("rolled back").in_service(web="v1").runs("v1").failed_requests()


@pytest.mark.parametrize("database", ["flight.db", "engine.db"])
def test_a_release_goes_on_after_a_database_was_locked_for_ten_seconds(
    given: Given, when: When, then: Then, database: str
) -> None:
    given.a_shop(stages=STAGES).with_stable("v1").with_users()
    when.releasing("v2").it_comes_to("stage.started")
    locked_for_ten_seconds(given.world.state / database)
    when.it_ends()
    then.outcome("released").splits("v1 100", "v1 80 v2 20", "v2 100").in_service(web="v2").failed_requests()


@pytest.mark.parametrize("database", ["flight.db", "engine.db"])
def test_a_release_goes_back_after_a_database_was_locked_on_the_way(
    given: Given, when: When, then: Then, database: str
) -> None:
    given.a_shop(stages=STAGES).with_stable("v1").with_users()
    when.releasing("v3-all-errors").it_comes_to("rule.fired")
    locked_for_ten_seconds(given.world.state / database)
    when.it_ends()
    then.outcome("rolled back").in_service(web="v1").runs("v1").failed_requests(at_candidate="v3-all-errors")


def locked_for_ten_seconds(database: Path) -> None:
    with closing(sqlite3.connect(database, isolation_level=None, timeout=30)) as locker:
        locker.execute("BEGIN IMMEDIATE")
        time.sleep(10)
        locker.execute("COMMIT")
