"""How a value is compared with a limit."""

from __future__ import annotations

from enum import StrEnum


class Comparison(StrEnum):
    """How a value is compared with its limit."""

    BELOW = "<"
    AT_MOST = "<="
    ABOVE = ">"
    AT_LEAST = ">="
    EQUAL = "="
