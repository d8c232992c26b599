from pathlib import Path

import pytest

from flightrules.domain.errors import NotSupportedYet, RouterUnreachable, SourceUnreachable
from flightrules.domain.plan import TRAFFIC_METRICS, Unit
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import CANDIDATE, Counters, Histogram
from flightrules.metric_sources import router
from flightrules.ports.metric_source import Question

V2 = Version("v2", "2" * 40)
COUNTED = Counters(3, 1, Histogram((1.0, float("inf")), (3, 0)))
ABOUT = {"service": "web", "target": None, "clock": None, "plan_folder": Path(), "marks": None}


class Counting:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    async def counters(self) -> dict[str, Counters]:
        if self.error:
            raise self.error
        return {V2.key: COUNTED, "old-0": COUNTED}


async def test_it_passes_on_what_was_counted_for_the_versions_in_question():
    source = router.create(router.Options(), name="traffic", router=Counting(), **ABOUT)
    assert await source.read(Question("web", {CANDIDATE: V2})) == {V2.key: COUNTED}


async def test_a_router_that_does_not_answer_keeps_its_words():
    source = router.create(
        router.Options(), name="p95", router=Counting(RouterUnreachable("gone", "Start it.")), **ABOUT
    )
    with pytest.raises(SourceUnreachable, match="gone") as refused:
        await source.read(Question("web", {CANDIDATE: V2}))
    assert refused.value.do == "Start it."


def test_it_knows_the_units_of_what_a_router_counts_and_of_nothing_else():
    assert {name: router.unit_of(name, router.Options()) for name in TRAFFIC_METRICS} == TRAFFIC_METRICS
    assert router.unit_of("p95", router.Options()) is Unit.SECONDS
    assert router.unit_of("cpu", router.Options()) is None


def test_what_a_router_does_not_count_is_refused():
    with pytest.raises(NotSupportedYet, match="a router does not count `cpu`"):
        router.create(router.Options(), name="cpu", router=Counting(), **ABOUT)
