"""A metric that cannot be asked for here, because a variable of its options has no value: it says so at each look."""

from __future__ import annotations

from flightrules.domain.errors import FlightError, SourceUnreachable
from flightrules.domain.verdict import Sample
from flightrules.ports.metric_source import Question


class Unread:
    """Stands in for a metric source on a way back."""

    def __init__(self, why: FlightError) -> None:
        self._why = why

    async def read(self, question: Question) -> Sample:
        """Raise `SourceUnreachable`."""
        raise SourceUnreachable(self._why.what)
