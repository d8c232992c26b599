"""The example `profiles`: days of canary and weeks of watching, rehearsed with real processes and real traffic."""

import shutil
from collections.abc import Iterator

import pytest

from tests.stories.fixture import Then, splits
from tests.stories.rehearsed import Example, nothing_lost, only_the_candidate_failed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not shutil.which("chromium"), reason="the plan measures Web Vitals, and there is no Chromium"),
]

VISITS = ("POST /api/profiles", "POST /api/profiles", "POST /api/profiles", "GET /api/profiles/anna")
READS = ("POST /api/profiles", *("GET /api/profiles/anna",) * 7)
"""Visits that warm the cache of a candidate as days of them do, in the seconds that the rehearsal of a canary lasts."""
BODY = '{"name": "Anna Berg", "headline": "builds bridges"}'
HANDLES = "select handle from profiles"
DATABASE = "data/story.db"


@pytest.fixture
def site() -> Iterator[Example]:
    made = Example("profiles", {"site": "PROFILE_PORT"}, PROFILE_DATABASE=DATABASE, LOAD_PER_SECOND="0")
    made.database(DATABASE)
    yield made
    made.end()


def test_version_1_1_gets_all_the_traffic_and_is_sealed_after_four_weeks(site: Example) -> None:
    flight = site.rehearse("v1.1.0", stable="v1.0.0", speed="400000x")
    users = site.users_come("site", READS, BODY)
    site.last = flight.ended(within=300)
    Then(site).outcome("released").happened("release.sealed", times=1).failed_requests()
    assert splits(site, "site") == ["v1.0.0 100", "v1.0.0 95 v1.1.0 5", "v1.0.0 75 v1.1.0 25", "v1.1.0 100"]
    assert site.answered_by("site") == {"v1.1.0"}
    nothing_lost(users, site.folder / DATABASE, HANDLES)


def test_a_candidate_that_runs_out_of_connections_with_all_users_comes_back_with_every_profile(site: Example) -> None:
    flight = site.rehearse("v1.1.0-rc1", stable="v1.0.0", speed="400000x")
    users = site.users_come("site", VISITS, BODY)
    site.last = flight.ended(within=300)
    Then(site).outcome("rolled back")
    assert splits(site, "site")[-2:] == ["v1.1.0-rc1 100", "v1.0.0 100"]
    assert site.answered_by("site") == {"v1.0.0"}
    only_the_candidate_failed(users, "v1.1.0-rc1", at_most=300)
    nothing_lost(users, site.folder / DATABASE, HANDLES)
    way_back = site.way_back()
    assert way_back["total"] < way_back["within"] == 900
