"""A release that cannot say what it does goes on: a full disk below its log, or nothing where words could go."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.stories.fixture import Given
from tests.stories.flights import FLIGHT
from tests.stories.plans import stage
from tests.stories.world import World

pytestmark = pytest.mark.slow

FULL = Path("/dev/full")


def released(world: World, *before: str, **streams: Any) -> subprocess.CompletedProcess[bytes]:
    ended = subprocess.run(
        [*before, FLIGHT, "run", "v1"], env=os.environ | world.environment, cwd=world.folder, timeout=60, **streams
    )
    assert (world.release.outcome, ended.returncode) == ("released", 0), ended
    return ended


@pytest.fixture
def world(given: Given) -> World:
    quiet = stage("full", 100, **{"pass": "memory < 4 GB"})  # nobody uses it, so there is no error rate
    return given.a_shop(stages=[quiet], metrics={"memory": {"from": "target"}}).world


def test_a_log_on_a_full_disk_stops_no_release(world: World) -> None:
    with FULL.open("wb") as full:
        ended = released(world, stdout=full, stderr=subprocess.PIPE)
    assert ended.stderr.decode() == "Not all that was printed could be written: No space left on device.\n"


def test_a_release_needs_neither_input_nor_output(world: World) -> None:
    released(world, "sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh")
