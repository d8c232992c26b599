"""Asking a metric source with patience: it may be slow, dead or broken, and the release goes on all the same.

This is where somebody else's source meets the release. Whatever it does ends as an `Answer`: a sample, or the
reason in words why there is none. It is asked at looks only and, after it failed, not at every look. The one
thing that cannot be guarded against is a source that blocks the event loop.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping

from flightrules.domain.asking_again import AskingAgain
from flightrules.domain.errors import FlightError, SourceUnreachable
from flightrules.domain.figures import duration
from flightrules.domain.verdict import Answer, Counters, Gauge, Sample, Verdict
from flightrules.ports.clock import Clock
from flightrules.ports.metric_source import MetricSource, Question

USUAL_LIMIT = 5.0
"""Seconds that a source gets which does not say in an attribute `within` how many it needs."""

LONGEST_WORDS = 300
GRACE = 1.0
"""Seconds that a source gets to end by itself after it was told to stop."""


class PatientSource:
    """A metric source that always answers in time.

    A source that failed is left alone for 1 s, 2 s, 4 s … at most a minute; a look in between gets the old
    reason again, and when the source is asked next.
    """

    def __init__(self, source: MetricSource, clock: Clock, *, within: float | None = None) -> None:
        self._source = source
        self._clock = clock
        self._within: float = getattr(source, "within", USUAL_LIMIT) if within is None else within
        self._again = AskingAgain()
        self._why = ""
        self._straggler: asyncio.Task[Sample] | None = None

    async def ask(self, question: Question, interval: float) -> Answer:
        """Return what the source says, within its time limit and never later than `interval` seconds.

        `interval` is the time to the next look; 0 where there is none.
        """
        left = self._again.left(self._clock.monotonic())
        if left > 0:
            return Answer({}, Verdict.UNREACHABLE, f"{self._why}; it is asked again in {duration(math.ceil(left))}")
        if self._straggler is not None and not self._straggler.done():
            return self._failed("the source is still busy with an earlier question and does not let itself be stopped")
        limit = min(self._within, interval) if interval > 0 else self._within
        try:
            sample = await self._read(question, limit)
        except FlightError as error:
            return self._failed(error.what)
        except Exception as error:  # noqa: BLE001 - a third party's source may raise anything; it decides nothing
            return self._failed(f"the source broke with {type(error).__name__}: {_first_line(error)}")
        self._again.answered()
        return _measured(sample, getattr(self._source, "why_nothing", ""))

    def _failed(self, why: str) -> Answer:
        self._why = why
        self._again.failed(self._clock.monotonic())
        return Answer({}, Verdict.UNREACHABLE, why)

    async def _read(self, question: Question, limit: float) -> Sample:
        reading = asyncio.ensure_future(self._source.read(question))
        reading.add_done_callback(_take_note)
        timer = asyncio.ensure_future(self._clock.sleep(limit))
        try:
            await asyncio.wait({reading, timer}, return_when=asyncio.FIRST_COMPLETED)
            in_time = reading.done()
        finally:
            timer.cancel()
            if not reading.done():
                await self._end(reading)
        if not reading.done():
            raise SourceUnreachable(f"the source did not answer within {duration(limit)}, nor stop when it was told to")
        if reading.cancelled():
            why = "gave up" if in_time else f"did not answer within {duration(limit)}"
            raise SourceUnreachable(f"the source {why}")
        return reading.result()

    async def _end(self, reading: asyncio.Task[Sample]) -> None:
        """Cancel `reading` and wait until it has cleaned up after itself, but not for ever."""
        self._straggler = reading
        reading.cancel()
        patience = asyncio.ensure_future(self._clock.sleep(GRACE))
        try:
            await asyncio.wait({reading, patience}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            patience.cancel()


def _take_note(reading: asyncio.Task[Sample]) -> None:
    # What a reading raised after nobody waited for it any more is no news: asyncio must not log it as lost.
    if not reading.cancelled():
        reading.exception()


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:LONGEST_WORDS] if lines else "no words"


def _measured(sample: Sample, why_nothing: str) -> Answer:
    """Return the answer that holds what is a measurement in `sample`, and says what is not, or why nothing is there."""
    if not isinstance(sample, Mapping):
        return Answer({}, Verdict.UNREACHABLE, f"the source gave a {type(sample).__name__}, which is no sample")
    wrong = [value for value in sample.values() if not isinstance(value, Gauge | Counters)]
    if wrong:
        return Answer({}, Verdict.UNREACHABLE, f"the source gave a {type(wrong[0]).__name__}, which is no measurement")
    if not sample:
        return Answer({}, None, why_nothing)
    kept = {key: value for key, value in sample.items() if _is_finite(value)}
    return Answer(kept, None, "" if len(kept) == len(sample) else "the source gave a value that is no number")


def _is_finite(value: Gauge | Counters) -> bool:
    if isinstance(value, Counters):
        return True
    return isinstance(value.value, int | float) and math.isfinite(value.value)
