"""What may be begun while the services are shut down, and what ends that."""

from types import SimpleNamespace

import pytest

from flightrules import actions
from flightrules.domain.errors import FlightError
from flightrules.domain.outcome import Outcome
from flightrules.domain.traffic import Version
from flightrules.records import open_records
from flightrules.state.releases import OPEN, RELEASE, SHUTDOWN, Release
from flightrules.testing.fake_router import FakeRouter, FakeTraffic
from flightrules.testing.fake_target import FakeTarget
from tests.release.plans import plan

PLAN = plan()


class Shop:
    """A workshop with a target in memory."""

    def __init__(self, folder) -> None:
        self.records = open_records(folder)
        self.clock = self.records.state.clock
        self._target = FakeTarget("v1", "v2")

    def hands(self, plan, service):
        return SimpleNamespace(target=self._target, router=FakeRouter(FakeTraffic(running=True)))

    def went(self, kind: str, outcome: Outcome) -> None:
        """Let something have been carried out."""
        name = f"{kind}-{len(self.records.releases.list())}"
        self.records.releases.create(Release(name, kind, "shop", "", "", "anna"))
        self.records.releases.finish(name, str(outcome))

    async def release(self) -> Release:
        return await actions.begin_release(self, PLAN, "v2", "anna")


@pytest.fixture
def shop(tmp_path):
    made = Shop(tmp_path)
    yield made
    made.records.state.close()


@pytest.fixture
def serving(shop):
    shop.went(RELEASE, Outcome.RELEASED)
    shop.records.serving.set_stable("web", Version("v1", "1" * 40), "release-0")
    return shop


async def test_nothing_is_released_while_the_services_are_shut_down(serving):
    serving.went(SHUTDOWN, Outcome.CLOSED)
    with pytest.raises(FlightError) as refused:
        await serving.release()
    assert (refused.value.what, refused.value.do) == (
        "the services are shut down",
        "`flight open` starts them again",
    )


async def test_after_opening_the_next_version_may_be_released(serving):
    serving.went(SHUTDOWN, Outcome.CLOSED)
    serving.went(OPEN, Outcome.OPENED)
    assert (await serving.release()).kind == RELEASE


async def test_an_opening_that_was_called_back_leaves_the_services_shut_down(serving):
    serving.went(SHUTDOWN, Outcome.CLOSED)
    serving.went(OPEN, Outcome.CLOSED)
    assert actions.closed_by(serving.records) is not None
    with pytest.raises(FlightError):
        await serving.release()


async def test_a_release_that_was_not_started_opens_nothing(serving):
    serving.went(SHUTDOWN, Outcome.CLOSED)
    serving.went(RELEASE, Outcome.NOT_STARTED)
    assert actions.closed_by(serving.records) is not None


async def test_a_first_version_that_was_shut_down_does_not_bar_the_way_for_the_next_one(shop):
    shop.went(RELEASE, Outcome.CLOSED)
    with pytest.raises(FlightError, match="nothing is in service yet"):
        await actions.begin_open(shop, PLAN, "anna")
    assert (await shop.release()).kind == RELEASE
