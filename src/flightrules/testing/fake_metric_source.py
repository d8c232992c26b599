"""A metric source for tests, which answers what it is told and misbehaves on demand."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.verdict import ALL, Counters, Gauge, Sample
from flightrules.ports.metric_source import Question


class FakeMetricSource:
    """Answers with `sample` until it is told something else, and remembers what it was asked."""

    def __init__(self, sample: Sample | None = None) -> None:
        self.sample: Sample = sample or {}
        self.asked: list[Question] = []
        self.ended_early = 0
        self._error: Exception | None = None
        self._hangs = False

    def answers(self, values: Mapping[str, float | Counters]) -> None:
        """Answer from now on with these values, by version key or under `ALL`."""
        self.sample = {key: value if isinstance(value, Counters) else Gauge(value) for key, value in values.items()}
        self._error, self._hangs = None, False

    def breaks(self, error: Exception | None = None) -> None:
        """Raise from now on `error`, or `SourceUnreachable`."""
        self._error, self._hangs = error or SourceUnreachable("the source is down"), False

    def hangs(self) -> None:
        """Answer nothing from now on, until the asking is given up (counted in `ended_early`)."""
        self._error, self._hangs = None, True

    async def read(self, question: Question) -> Sample:
        """Do what was last told."""
        self.asked.append(question)
        if self._error is not None:
            raise self._error
        if self._hangs:
            await self._wait_to_be_given_up()
        asked = {ALL, *(version.key for version in question.versions.values())}
        return {key: value for key, value in self.sample.items() if key in asked}

    async def _wait_to_be_given_up(self) -> None:
        try:
            await asyncio.get_running_loop().create_future()
        except asyncio.CancelledError:
            self.ended_early += 1
            raise
