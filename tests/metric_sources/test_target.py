"""Processor and memory are measured at real processes, children and all."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flightrules.domain.errors import NotSupportedYet
from flightrules.domain.plan import Unit
from flightrules.domain.traffic import Instance, Version
from flightrules.metric_sources.target import Options, create, unit_of
from flightrules.ports.metric_source import Question
from flightrules.testing.fake_clock import FakeClock
from flightrules.testing.fake_target import FakeTarget

V1, V2 = Version("v1", "1" * 64), Version("v2", "2" * 64)
QUESTION = Question("web", {"candidate": V2, "stable": V1})
IDLE = "print(1, flush=True); import time; time.sleep(60)"
BUSY = "print(1, flush=True)\nwhile True: pass"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BUSY!r}])"
LARGE = f"x = bytearray(80_000_000); {IDLE}"


class Running:
    """A target that has nothing but these instances."""

    def __init__(self, *instances: Instance) -> None:
        self._instances = instances

    async def instances(self) -> tuple[Instance, ...]:
        return self._instances


@pytest.fixture
def start():
    """Start a process that is up when it has printed something; end it, and its children, after the test."""
    started = []

    def run(code: str) -> int:
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
        started.append(process)
        process.stdout.readline()
        return process.pid

    yield run
    for process in started:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def instance(version: Version, pid: int | None) -> Instance:
    return Instance(f"web.{version.key}.{pid}", version, "127.0.0.1:1", pid, healthy=True)


def source(target: object, name: str = "memory", clock: FakeClock | None = None, **options: str):
    return create(
        Options(**options), name=name, service="web", target=target, router=None,
        clock=clock or FakeClock(), plan_folder=Path(), marks=None,
    )  # fmt: skip


@pytest.mark.slow
async def test_memory_is_summed_over_the_instances_of_each_version(start):
    small, large, also_large = start(IDLE), start(LARGE), start(LARGE)
    target = Running(instance(V1, small), instance(V2, large), instance(V2, also_large))
    sample = await source(target).read(QUESTION)
    assert 2e6 < sample[V1.key].value < 60e6
    assert 160e6 < sample[V2.key].value < 300e6


@pytest.mark.slow
async def test_processor_time_counts_children_and_is_a_share_of_the_time_between_looks(start):
    clock = FakeClock()
    target = Running(instance(V1, start(IDLE)), instance(V2, start(PARENT)))
    cpu = source(target, "cpu", clock)
    assert await cpu.read(QUESTION) == {}
    time.sleep(0.6)
    clock.advance(0.6)
    sample = await cpu.read(QUESTION)
    assert sample[V1.key].value < 15
    assert 15 < sample[V2.key].value < 250


async def test_versions_that_do_not_run_or_have_no_process_are_left_out():
    assert await source(Running(instance(V1, None))).read(QUESTION) == {}
    assert await source(FakeTarget()).read(QUESTION) == {}
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert await source(Running(instance(V1, gone.pid))).read(QUESTION) == {}


async def test_versions_that_nobody_asked_about_are_not_measured(start):
    other = Version("v0", "0" * 64)
    assert await source(Running(instance(other, start(IDLE)))).read(QUESTION) == {}


def test_a_metric_may_have_another_name_than_what_it_reads():
    assert unit_of("cpu", Options()) == unit_of("load", Options(value="cpu")) == Unit.PERCENT
    assert unit_of("memory", Options()) == unit_of("rss", Options(value="memory")) == Unit.BYTES
    assert unit_of("rss", Options()) is None


def test_what_the_target_cannot_tell_is_refused():
    with pytest.raises(NotSupportedYet) as refusal:
        source(Running(), "disk")
    assert refusal.value.what == "the metric disk is to come from the target, which can tell only cpu and memory"
    assert refusal.value.do == "Write `disk: {from: target, value: memory}`, or `value: cpu`."
