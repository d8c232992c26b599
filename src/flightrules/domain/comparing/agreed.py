"""What one service is compared on."""

from __future__ import annotations

from dataclasses import dataclass

from flightrules.domain.terms import Terms


@dataclass(frozen=True)
class Agreed:
    """The terms of the plan, the limit that holds whatever stable does, and this service's part of `false_alarm`."""

    terms: Terms
    limit: float | None
    false_alarm: float
