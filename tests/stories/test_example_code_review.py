"""The example `code-review`: a day of deployment and a month of watching, rehearsed with real processes and traffic."""

from collections.abc import Iterator

import pytest

from tests.stories.fixture import Then, splits
from tests.stories.rehearsed import Example, nothing_lost, only_the_candidate_failed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

PUSHES = ("POST /api/reviews", "POST /api/reviews", "POST /api/reviews", "POST /api/reviews", "GET /api/reviews")
BODY = '{"code": "try:\\n    x()\\nexcept:\\n    pass\\n", "stars": 5}'
REVIEWS = "select reference from reviews"
DATABASE = "data/story.db"


@pytest.fixture
def platform() -> Iterator[Example]:
    made = Example("code-review", {"platform": "REVIEW_PORT"}, REVIEW_DATABASE=DATABASE, LOAD_PER_SECOND="0")
    made.database(DATABASE)
    yield made
    made.end()


def test_version_1_gets_all_the_traffic_and_is_sealed_after_its_month(platform: Example) -> None:
    flight = platform.rehearse("v1.0.0", stable="v0.9.5", speed="400000x")
    users = platform.users_come("platform", PUSHES, BODY)
    platform.last = flight.ended(within=300)
    Then(platform).outcome("released").happened("release.sealed", times=1).failed_requests()
    assert splits(platform, "platform") == [
        "v0.9.5 100", "v0.9.5 90 v1.0.0 10", "v0.9.5 75 v1.0.0 25", "v0.9.5 50 v1.0.0 50", "v1.0.0 100"
    ]  # fmt: skip
    assert platform.answered_by("platform") == {"v1.0.0"}
    nothing_lost(users, platform.folder / DATABASE, REVIEWS)


def test_a_candidate_that_breaks_under_all_of_the_traffic_comes_back_and_no_review_is_lost(platform: Example) -> None:
    flight = platform.rehearse("v1.0.0-rc1", stable="v0.9.5")
    users = platform.users_come("platform", PUSHES, BODY)
    platform.last = flight.ended(within=300)
    Then(platform).outcome("rolled back")
    assert splits(platform, "platform")[-2:] == ["v1.0.0-rc1 100", "v0.9.5 100"]
    assert platform.answered_by("platform") == {"v0.9.5"}
    only_the_candidate_failed(users, "v1.0.0-rc1", at_most=300)
    nothing_lost(users, platform.folder / DATABASE, REVIEWS)
    way_back = platform.way_back()
    assert way_back["total"] < way_back["within"] == 600
