from __future__ import annotations

from flightrules.domain.traffic import Version
from flightrules.state.database import State
from flightrules.state.serving import Deployment, Serving
from flightrules.testing.fake_clock import FakeClock

V1, V2 = Version("v1", "aaa"), Version("v2", "bbb")


def test_nothing_serves_before_the_first_release(state: State) -> None:
    assert Serving(state).stable("web") is None
    assert Serving(state).history("web") == ()


def test_a_version_serves_until_the_next_one_does(state: State, release: str, clock: FakeClock) -> None:
    serving = Serving(state)
    start = clock.now()
    serving.set_stable("web", V1, release)
    clock.advance(10)
    serving.set_stable("web", V2, release)
    assert serving.stable("web") == V2
    assert serving.history("web") == (
        Deployment("web", V2, start + 10, release, None),
        Deployment("web", V1, start, release, start + 10),
    )


def test_making_the_stable_version_stable_again_changes_nothing(state: State, release: str, clock: FakeClock) -> None:
    serving = Serving(state)
    serving.set_stable("web", V1, release)
    before = serving.history("web")
    clock.advance(10)
    serving.set_stable("web", V1, release)
    assert serving.history("web") == before


def test_services_do_not_touch_each_other(state: State, release: str) -> None:
    serving = Serving(state)
    serving.set_stable("web", V1, release)
    serving.set_stable("worker", V2, release)
    assert (serving.stable("web"), serving.stable("worker")) == (V1, V2)


def test_a_name_finds_the_version_that_had_it_last(state: State, release: str) -> None:
    serving = Serving(state)
    rebuilt = Version("v1", "ccc")
    for version in (V1, V2, rebuilt):
        serving.set_stable("web", version, release)
    assert serving.find("web", "v1") == rebuilt
    assert serving.find("web", "v9") is None
