import asyncio
import math

import pytest

from flightrules.domain.errors import RouterUnreachable
from flightrules.domain.traffic import Version
from flightrules.domain.verdict import ALL, CANDIDATE, Answer, Gauge, Verdict
from flightrules.phases.asking import PatientSource
from flightrules.ports.metric_source import Question
from flightrules.testing.fake_clock import FakeClock
from flightrules.testing.fake_metric_source import FakeMetricSource

V2 = Version("v2", "2" * 40)
QUESTION = Question("web", {CANDIDATE: V2})


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def source() -> FakeMetricSource:
    return FakeMetricSource({V2.key: Gauge(7.0)})


@pytest.fixture
def patient(source, clock) -> PatientSource:
    return PatientSource(source, clock)


async def test_a_source_that_answers_is_passed_on(patient, source):
    assert await patient.ask(QUESTION, 15) == Answer({V2.key: Gauge(7.0)})
    assert source.asked == [QUESTION]


async def test_a_source_that_is_slow_is_unreachable_after_its_time_limit_and_is_stopped(patient, source, clock):
    source.hangs()
    answer = await patient.ask(QUESTION, 15)
    assert answer == Answer({}, Verdict.UNREACHABLE, "the source did not answer within 5s")
    assert clock.monotonic() == 5.0
    assert source.ended_early == 1


async def test_a_source_is_never_waited_for_longer_than_to_the_next_look(patient, source, clock):
    source.hangs()
    assert (await patient.ask(QUESTION, 2)).why == "the source did not answer within 2s"
    assert clock.monotonic() == 2.0


async def test_a_source_may_say_how_long_it_needs(source, clock):
    source.within = 20.0
    source.hangs()
    assert (await PatientSource(source, clock).ask(QUESTION, 60)).why == "the source did not answer within 20s"


async def test_a_source_that_is_down_says_why(patient, source):
    source.breaks(RouterUnreachable("the router is not there", do="start it"))
    assert await patient.ask(QUESTION, 15) == Answer({}, Verdict.UNREACHABLE, "the router is not there")


async def test_a_source_that_breaks_decides_nothing(patient, source):
    source.breaks(ZeroDivisionError("division by zero\nsecond line"))
    answer = await patient.ask(QUESTION, 15)
    assert answer.missing is Verdict.UNREACHABLE
    assert answer.why == "the source broke with ZeroDivisionError: division by zero"


async def test_a_source_that_gives_up_is_unreachable(patient, source):
    source.breaks(asyncio.CancelledError())
    assert (await patient.ask(QUESTION, 15)).why == "the source gave up"


async def test_a_source_that_failed_is_left_alone_for_longer_and_longer(patient, source, clock):
    source.breaks()
    asked_at = []
    for _ in range(240):
        before = len(source.asked)
        answer = await patient.ask(QUESTION, 1)
        assert answer.missing is Verdict.UNREACHABLE
        if len(source.asked) > before:
            asked_at.append(clock.monotonic())
        clock.advance(1)
    assert asked_at == [0, 1, 3, 7, 15, 31, 63, 123, 183]


async def test_a_look_in_between_says_the_old_reason_and_when_the_source_is_asked_again(patient, source, clock):
    source.breaks()
    await patient.ask(QUESTION, 15)
    clock.advance(1)
    await patient.ask(QUESTION, 15)
    assert (await patient.ask(QUESTION, 15)).why == "the source is down; it is asked again in 2s"


async def test_once_it_answers_the_patience_is_new(patient, source, clock):
    source.breaks()
    await patient.ask(QUESTION, 15)
    clock.advance(1)
    source.answers({V2.key: 1.0})
    await patient.ask(QUESTION, 15)
    source.breaks()
    await patient.ask(QUESTION, 15)
    clock.advance(1)
    await patient.ask(QUESTION, 15)
    assert len(source.asked) == 4


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, None, "7"])
async def test_a_value_that_is_no_number_is_no_measurement(patient, source, value):
    source.sample = {V2.key: Gauge(value), ALL: Gauge(1.0)}
    answer = await patient.ask(QUESTION, 15)
    assert answer == Answer({ALL: Gauge(1.0)}, None, "the source gave a value that is no number")


@pytest.mark.parametrize(("rubbish", "name"), [({ALL: 7.0}, "float"), ({ALL: None}, "NoneType")])
async def test_rubbish_instead_of_a_measurement_is_unreachable(patient, source, rubbish, name):
    source.sample = rubbish
    answer = await patient.ask(QUESTION, 15)
    assert answer == Answer({}, Verdict.UNREACHABLE, f"the source gave a {name}, which is no measurement")


class Deaf:
    """Answers nothing and does not let itself be stopped before `free` is set."""

    def __init__(self) -> None:
        self.asked, self.free = 0, asyncio.Event()

    async def read(self, question: Question) -> list[int]:
        self.asked += 1
        while not self.free.is_set():
            try:
                await self.free.wait()
            except asyncio.CancelledError:
                continue
        return [1]


async def test_a_source_that_cannot_be_stopped_holds_up_nobody_and_is_not_asked_twice_at_once(clock):
    deaf = Deaf()
    patient = PatientSource(deaf, clock)
    first = await patient.ask(QUESTION, 15)
    assert first.why == "the source did not answer within 5s, nor stop when it was told to"
    clock.advance(10)
    second = await patient.ask(QUESTION, 15)
    assert second.why == "the source is still busy with an earlier question and does not let itself be stopped"
    deaf.free.set()
    await asyncio.sleep(0)
    clock.advance(10)
    assert (await patient.ask(QUESTION, 15)).why == "the source gave a list, which is no sample"
    assert deaf.asked == 2


async def test_giving_up_the_asking_stops_the_source_first(patient, source):
    source.hangs()
    asking = asyncio.create_task(patient.ask(QUESTION, 15))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert source.ended_early == 1
