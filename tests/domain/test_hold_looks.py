import tracemalloc
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from flightrules.domain import observing, passing
from flightrules.domain.hold_looks import HoldLooks
from flightrules.domain.plan import BaselineLimit, Comparison, Condition, Metric, Unit
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import Answer, Counters, Gauge, Histogram, Observation
from tests.release.plans import GOOD, below, plan

BOUNDS = (0.01, 0.1, 1.0, float("inf"))
V1, V2 = Version("v1", "a" * 40), Version("v2", "b" * 40)
PASSES = (
    GOOD,
    below("p95", 0.5, "p95 < 500ms"),
    below("memory", 100.0, "memory < 100"),
    Condition("p95", Comparison.BELOW, BaselineLimit(3.0), text="p95 < 3x baseline"),
)
PLAN = plan(metrics=(Metric("memory", "target", Unit.BYTES),))

step = st.tuples(
    st.integers(0, 200), st.integers(0, 20), st.booleans(), st.sampled_from(["restart", "away", "", "", "", "", ""])
)


def hold(steps) -> list[Observation]:
    looks: list[Observation] = []
    count = {V1.key: [0, 0], V2.key: [0, 0]}
    for number, (requests, bad, has_memory, trouble) in enumerate(steps):
        for key in count:
            count[key] = [0, 0] if trouble == "restart" else count[key]
            count[key] = [count[key][0] + requests, count[key][1] + min(bad, requests)]
        counters = {key: Counters(n, d, Histogram(BOUNDS, (n, 0, 0, 0))) for key, (n, d) in count.items()}
        answers = {("web", "traffic"): Answer(counters)} if trouble != "away" else {}
        answers["web", "memory"] = Answer({V2.key: Gauge(float(requests))} if has_memory else {})
        when = observing.When(1000.0 + 5 * number, "stages/1-canary", 5.0)
        versions = {"web": {"candidate": V2, "stable": V1}}
        looks.append(observing.build_observation(when, versions, answers, looks, PLAN))
    return looks


@given(st.lists(step, min_size=1, max_size=40))
def test_what_is_kept_of_a_hold_says_the_same_as_the_whole_hold(steps):
    whole = hold(steps)
    kept = HoldLooks(PASSES, PLAN)
    for look in whole:
        kept.add(look)
    assert passing.judge(PASSES, kept.looks, PLAN) == passing.judge(PASSES, whole, PLAN)


def test_a_day_of_looks_every_second_fits_into_forty_megabytes():
    [first, second, third] = hold([(100, 0, True, "")] * 3)
    kept = HoldLooks((GOOD,), PLAN)
    tracemalloc.start()
    for number in range(86_400 // 10):
        kept.add(replace(second, at=1000.0 + number))
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used * 10 < 40 * 1024 * 1024
    assert first and third
