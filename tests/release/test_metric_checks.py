"""Checks of metrics in a release: of what serves now in a gate, of the candidate once it has all the traffic."""

import asyncio

import pytest

from flightrules.domain.outcome import Outcome
from flightrules.domain.plan import Plan
from flightrules.domain.signals import Ask
from flightrules.domain.verdict import ALL
from flightrules.testing.fake_metric_source import FakeMetricSource
from flightrules.views.plan_view import check_words
from tests.plan_file.plans import SERVICES, read
from tests.release.watched import Watched

STAGES = """\
stages: [{stage: full, traffic: 100%, hold: 1m, look: every 5s, pass: error_rate < 50%}]
compare: {off: a test is about checks}
"""
METRIC = "metrics: {cache_hit_rate: {from: command, run: ./hits, unit: '%'}}\n"
GATE = "gates: {state: [{check: The cache is warm, metric: cache_hit_rate > 80%}]}\n"
VERIFY = "verify: [{check: The cache is warm, metric: cache_hit_rate > 80%}]\n"
WELL = "verify: [{check: It is well, metric: error_rate < 1%}]\n"


def planned(text: str) -> Plan:
    return read(SERVICES + METRIC + text + STAGES)


async def reading(world: Watched, **values: float) -> FakeMetricSource:
    """The source of the metric answers with these values, by the name of the version or for `all`."""
    source, target = FakeMetricSource(), world.targets["web"]
    keys = {name: name if name == ALL else (await target.identify(name)).key for name in values}
    source.answers({keys[name]: value for name, value in values.items()})
    world.sources["cache_hit_rate"] = source
    return source


async def test_a_gate_reads_what_serves_now(watched) -> None:
    world = watched(planned(GATE))
    source = await reading(world, v1=91.5, v2=3.0)
    assert await world.release() is Outcome.RELEASED
    [ended] = world.events("check.ended")
    assert (ended["verdict"], ended["says"]) == (
        "pass",
        "cache_hit_rate of v1 of web is 91.5%; agreed is cache_hit_rate > 80%",
    )
    assert ended["evidence"] == {"metric": "cache_hit_rate", "service": "web", "version": "v1", "value": 91.5}
    assert [version.name for version in source.asked[0].versions.values()] == ["v1"]


async def test_a_gate_stays_shut_where_it_is_not_as_agreed(watched) -> None:
    world = watched(planned(GATE))
    await reading(world, all=12.0)
    assert await world.release() is Outcome.NOT_STARTED
    [ended] = world.events("check.ended")
    assert ended["says"] == "cache_hit_rate of web is 12%; agreed is cache_hit_rate > 80%"


async def test_without_anything_in_service_a_gate_cannot_be_asked(watched) -> None:
    world = watched(planned(GATE), first=True)
    await reading(world, all=99.0)
    assert await world.release() is Outcome.NOT_STARTED
    [ended] = world.events("check.ended")
    assert ended["says"] == "nothing of web serves yet, so nothing can be read" and ended["verdict"] == "unreachable"


@pytest.mark.parametrize("values, verdict, says", [
    ({"v2": 50.0}, "insufficient", "its source has no value for this version"),
    ({}, "unreachable", "the source is down"),
])  # fmt: skip
async def test_what_is_not_known_is_said_to_be_so(watched, values: dict[str, float], verdict: str, says: str) -> None:
    world = watched(planned(GATE))
    source = await reading(world, **values)
    if not values:
        source.breaks()
    assert await world.release() is Outcome.NOT_STARTED
    [ended] = world.events("check.ended")
    assert (ended["verdict"], ended["says"]) == (verdict, f"cache_hit_rate of v1 of web is not known: {says}")


async def test_the_verification_reads_the_candidate_and_calls_it_back(watched) -> None:
    world = watched(planned(VERIFY))
    await reading(world, v1=91.0, v2=40.0)
    assert await world.release() is Outcome.ROLLED_BACK
    ended, of_what_came_back = world.events("check.ended")
    assert ended["says"] == "cache_hit_rate of v2 of web is 40%; agreed is cache_hit_rate > 80%"
    assert of_what_came_back["says"] == "cache_hit_rate of v1 of web is 91%; agreed is cache_hit_rate > 80%"


async def test_a_verification_of_which_nobody_knows_holds_and_is_asked_again(watched) -> None:
    world = watched(planned(VERIFY))
    source = await reading(world, v1=91.0)
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: world.events("release.held"))
    source.answers({ALL: 90.0})
    world.ask(Ask.RESUME)
    assert await running is Outcome.RELEASED
    assert [ended["verdict"] for ended in world.events("check.ended")] == ["insufficient", "pass"]


async def test_a_metric_of_the_traffic_is_counted_over_the_window_of_the_plan(watched) -> None:
    world = watched(planned(WELL))
    world.users.failing["v2"] = 0.05
    assert await world.release() is Outcome.ROLLED_BACK
    ended, of_what_came_back = world.events("check.ended")
    assert of_what_came_back["says"] == "error_rate of v1 of web is 0%; agreed is error_rate < 1%"
    assert ended["says"] == "error_rate of v2 of web is 5%; agreed is error_rate < 1%"
    assert ended["evidence"]["requests"] == 1000


async def test_without_traffic_there_is_too_little_to_say(watched) -> None:
    world = watched(read(SERVICES + METRIC + WELL + STAGES.replace("error_rate < 50%", "cache_hit_rate > 0%")))
    await reading(world, all=90.0)
    world.users.per_second = 0.0
    running = asyncio.ensure_future(world.release())
    await world.until(lambda: world.events("release.held"))
    [ended] = world.events("check.ended")
    assert (ended["verdict"], ended["says"]) == (
        "insufficient", "error_rate of v2 of web is not known: 0 requests in 10s, 20 are needed",
    )  # fmt: skip
    world.ask(Ask.ABORT, reason="a test")
    assert await running is Outcome.ROLLED_BACK


async def test_a_router_that_does_not_run_is_not_without_errors(watched) -> None:
    world = watched(planned("gates: {state: [{check: Stable is well, metric: error_rate < 1%}]}\n"))
    assert await world.release() is Outcome.NOT_STARTED
    [ended] = world.events("check.ended")
    assert ended["says"] == "error_rate of v1 of web is not known: the router does not run"


async def test_a_source_that_hangs_is_given_up(watched) -> None:
    world = watched(planned(GATE))
    source = await reading(world, v1=90.0)
    source.hangs()
    assert await world.release() is Outcome.NOT_STARTED
    assert source.ended_early == 1
    [ended] = world.events("check.ended")
    assert ended["says"] == "cache_hit_rate of v1 of web is not known: the source did not answer within 5s"


def test_what_a_plan_asks_of_a_metric_is_told_once() -> None:
    (check,) = planned(GATE).gates["state"]
    assert check_words(check) == "The cache is warm: metric cache_hit_rate > 80%, within 1m"
