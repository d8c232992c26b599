"""Where numbers come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from flightrules.domain.traffic import Version
from flightrules.domain.verdict import Sample


@dataclass(frozen=True)
class Question:
    """What a source is asked at one look: about these versions of this service.

    `versions` maps `candidate` and, where there is one, `stable` to the version that has that part now.
    """

    service: str
    versions: Mapping[str, Version]


class MetricSource(Protocol):
    """Supplies one metric (or, for a router, everything that it counts).

    The `create` of its module gets its options and, by keyword, its `name`, the `service`, that one's `target` and
    `router`, the `clock`, the `plan_folder`, the `marks` of what it may start, and `people`, which has what was said
    in this release; it takes what it needs. Where
    one of its options names a database of the plan, there is also `queries`, by which that database is asked.

    A source that may need longer than 5 s for an answer says how long, in seconds, in an attribute `within`. One that
    knows why it has no measurement says so in an attribute `why_nothing`.
    """

    async def read(self, question: Question) -> Sample:
        """Return one measurement per version key, or one under `ALL` if versions cannot be told apart.

        Versions without a measurement are left out. Raises `SourceUnreachable` with the reason in words.
        The caller limits the time and retries; a source neither sleeps nor retries by itself.
        """
