"""Asking once for all versions, or once for each. Private to the sources of this package."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.placeholders import values
from flightrules.domain.verdict import ALL, CANDIDATE, Gauge, Sample
from flightrules.ports.metric_source import Question

Ask = Callable[[dict[str, str]], Awaitable[float | None]]
"""Asks with `service` and, where it is about one, `version` and `digest`; returns None where nothing is measured."""


async def once(question: Question, ask: Ask) -> Sample:
    """Return one measurement for all versions together."""
    value = await ask(values(question.service, None))
    return {} if value is None else {ALL: Gauge(value)}


async def each(question: Question, ask: Ask) -> Sample:
    """Return one measurement a version, asked for side by side.

    Raises `SourceUnreachable` where the candidate's did not come. Where only stable's did not, it is left
    out: stable may be too old to have what is asked for.
    """
    parts = list(question.versions.items())
    found = await asyncio.gather(
        *(ask(values(question.service, version)) for _, version in parts), return_exceptions=True
    )
    sample: dict[str, Gauge] = {}
    for (role, version), value in zip(parts, found, strict=True):
        if isinstance(value, SourceUnreachable) and role != CANDIDATE and len(parts) > 1:
            continue
        if isinstance(value, BaseException):
            raise value
        if value is not None:
            sample[version.key] = Gauge(value)
    return sample
