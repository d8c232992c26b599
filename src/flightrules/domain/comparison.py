"""How a value is compared with a limit."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from enum import StrEnum


class Comparison(StrEnum):
    """How a value is compared with its limit."""

    BELOW = "<"
    AT_MOST = "<="
    ABOVE = ">"
    AT_LEAST = ">="
    EQUAL = "="

    def holds(self, value: float, limit: float) -> bool:
        """Return whether `value` compares with `limit` in this way."""
        return _HOLDS[self](value, limit)


_HOLDS: Mapping[Comparison, Callable[[float, float], bool]] = {
    Comparison.BELOW: operator.lt,
    Comparison.AT_MOST: operator.le,
    Comparison.ABOVE: operator.gt,
    Comparison.AT_LEAST: operator.ge,
    Comparison.EQUAL: operator.eq,
}
