"""Checks of metrics in a release: of what serves now in a gate, of the candidate once it has all the traffic."""

from pathlib import Path

import pytest

from flightrules.domain.outcome import Outcome
from flightrules.domain.plan import Plan
from flightrules.domain.signals import Ask
from flightrules.domain.verdict import ALL
from flightrules.testing.fake_metric_source import FakeMetricSource
from tests.plan_file.plans import SERVICES, read
from tests.release.watched import Watched

STAGES = """\
stages: [{stage: full, traffic: 100%, hold: 1m, look: every 5s, pass: error_rate < 50%}]
compare: {off: a test is about checks}
"""
METRIC = "metrics: {cache_hit_rate: {from: command, command: ./hits, unit: '%'}}\n"
GATE = "gates: {state: [{check: The cache is warm, metric: cache_hit_rate > 80%}]}\n"
VERIFY = "verify: [{check: The cache is warm, metric: cache_hit_rate > 80%}]\n"


def planned(text: str) -> Plan:
    return read(SERVICES + METRIC + text + STAGES)


def keyed(world: Watched, **values: float) -> FakeMetricSource:
    source = FakeMetricSource()
    source.answers({name if name == ALL else _key(world, name): value for name, value in values.items()})
    world.sources["cache_hit_rate"] = source
    return source


def _key(world: Watched, name: str) -> str:
    return next(v.key for v in world.targets["web"].versions if v.name == name)


async def test_a_gate_reads_what_serves_now(watched) -> None:
    world = watched(planned(GATE))
    source = keyed(world, v1=91.5, v2=3.0)
    assert await world.release() is Outcome.RELEASED
    [ended] = world.events("check.ended")
    assert (ended["verdict"], ended["says"]) == ("pass", "cache_hit_rate of v1 of web is 91.5%; agreed is cache_hit_rate > 80%")
    assert ended["evidence"] == {"metric": "cache_hit_rate", "service": "web", "version": "v1", "value": 91.5}
    assert [version.name for version in source.asked[0].versions.values()] == ["v1"]


async def test_a_gate_stays_shut_where_it_is_not_as_agreed(watched) -> None:
    world = watched(planned(GATE))
    keyed(world, all=12.0)
    assert await world.release() is Outcome.NOT_STARTED
    [ended] = world.events("check.ended")
    assert ended["says"] == "cache_hit_rate of web is 12%; agreed is cache_hit_rate > 80%"
