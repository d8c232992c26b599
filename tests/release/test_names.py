"""What a version may be called: a name never means two contents, and is not refused for what it is not."""

import pytest

from flightrules.domain.errors import FlightError
from flightrules.domain.traffic import Version
from tests.release.test_closed import Shop


@pytest.fixture
def shop(tmp_path):
    shop = Shop(tmp_path)
    shop.went("release", "released")
    yield shop
    shop.records.state.close()


async def test_a_name_that_was_in_service_with_other_content_is_refused(shop):
    shop.records.serving.set_stable("web", Version("v2", "f" * 64), "release-0")
    shop.records.serving.set_stable("web", Version("v3", "e" * 64), "release-0")
    with pytest.raises(FlightError) as refusal:
        await shop.release()
    assert refusal.value.what == "v2 of web was in service with other content"
    assert refusal.value.do == "give what is released now a name of its own, so that the two can be told apart"


async def test_new_content_of_the_name_in_service_is_refused_as_well(shop):
    shop.records.serving.set_stable("web", Version("v2", "f" * 64), "release-0")
    with pytest.raises(FlightError, match="with other content"):
        await shop.release()


async def test_another_name_for_what_is_in_service_is_told_for_what_it_is(shop):
    version = await shop.hands(None, None).target.identify("v2")
    shop.records.serving.set_stable("web", Version("v1.9", version.digest), "release-0")
    with pytest.raises(FlightError) as refusal:
        await shop.release()
    assert refusal.value.what == "v2 has exactly the content of v1.9, which is in service"
