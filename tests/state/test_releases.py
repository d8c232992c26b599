from __future__ import annotations

import pytest

from flightrules.domain.errors import FlightError
from flightrules.state.database import State
from flightrules.state.masking import Mask
from flightrules.state.releases import RELEASE, ROLLBACK, Release, Releases
from flightrules.testing.fake_clock import FakeClock


def a_release(number: int, kind: str = RELEASE, digest: str = "abc") -> Release:
    return Release(f"r{number}", kind, "shop", "plan: shop", digest, "anna", {"version": "v2"})


def test_a_release_is_recorded_with_the_time_at_which_it_began(state: State, clock: FakeClock) -> None:
    recorded = Releases(state).create(a_release(1))
    assert recorded.created_at == clock.now()
    assert Releases(state).get("r1") == recorded
    assert recorded.arguments == {"version": "v2"}


def test_recording_a_release_again_changes_nothing(state: State, clock: FakeClock) -> None:
    releases = Releases(state)
    first = releases.create(a_release(1))
    clock.advance(60)
    assert releases.create(a_release(1)) == first
    assert len(releases.list()) == 1


def test_two_releases_cannot_share_an_id(state: State) -> None:
    Releases(state).create(a_release(1))
    with pytest.raises(FlightError) as refused:
        Releases(state).create(a_release(1, digest="def"))
    assert refused.value.what == "there is another release r1 already: a release of plan shop"


def test_the_latest_release_is_the_one_that_began_last_even_within_the_same_second(state: State) -> None:
    releases = Releases(state)
    assert releases.latest() is None
    for number in (3, 1, 2):
        releases.create(a_release(number))
    releases.create(a_release(4, ROLLBACK))
    assert [release.id for release in releases.list()] == ["r4", "r2", "r1", "r3"]
    assert releases.list(limit=1) == (releases.latest(),)
    latest = releases.latest(RELEASE)
    assert latest is not None and latest.id == "r2"


def test_a_release_is_unfinished_until_its_first_end(state: State, clock: FakeClock) -> None:
    releases = Releases(state)
    begun = releases.create(a_release(1))
    assert releases.unfinished() == begun
    clock.advance(90)
    releases.finish("r1", "released")
    releases.finish("r1", "rolled back")
    ended = releases.get("r1")
    assert (ended.outcome, ended.ended_at) == ("released", begun.created_at + 90)
    assert releases.unfinished() is None


def test_an_unknown_release_is_named(state: State) -> None:
    with pytest.raises(FlightError) as refused:
        Releases(state).get("r9")
    assert (refused.value.what, refused.value.do) == (
        "there is no release r9", "`flight status --all` lists those that there are."
    )  # fmt: skip


def test_secrets_do_not_reach_the_arguments_of_a_release(state: State) -> None:
    state.mask.add(["hunter2"])
    recorded = Releases(state).create(
        Release("r1", RELEASE, "shop", "url: hunter2", "abc", "anna", {"reason": "hunter2 leaked"})
    )
    assert recorded.arguments == {"reason": "*** leaked"}
    assert recorded.plan_text == "url: hunter2", "the release goes on by it, and it stands beside it in plain"


def test_a_variable_that_says_which_version_is_released_does_not_hide_it(state: State) -> None:
    state.mask.add(["v2.1", "cafe", "secret of v2.1"])
    parts = {"candidate": {"name": "v2.1", "digest": "01cafe23"}, "stable": None}
    begun = Release("r1", RELEASE, "shop", "", "abc", "anna", {"services": {"web": parts}, "reason": "secret of v2.1"})
    assert Releases(state).create(begun).arguments == {"services": {"web": parts}, "reason": "***"}


def test_after_a_crash_a_version_is_still_called_as_it_was(state: State) -> None:
    parts = {"candidate": {"name": "v2.1", "digest": "01cafe23"}, "stable": None}
    Releases(state).create(Release("r1", RELEASE, "shop", "", "abc", "anna", {"services": {"web": parts}}))
    again = Mask()
    again.add(["v2.1"])
    state.mask = again
    Releases(state).get("r1")
    assert again.text("going on with v2.1") == "going on with v2.1"
