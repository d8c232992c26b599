"""What a benchmark returns: rows, each a measured value beside the limit or the peer that it is held against."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KEYS = ("name", "value", "unit", "target", "peer", "holds")


@dataclass(frozen=True)
class AtMost:
    """Holds for values up to `limit`."""

    limit: float

    def holds(self, value: float) -> bool:
        """Say whether `value` is within the limit."""
        return value <= self.limit

    def __str__(self) -> str:
        return f"≤ {self.limit:g}"


@dataclass(frozen=True)
class AtLeast:
    """Holds for values from `limit` on."""

    limit: float

    def holds(self, value: float) -> bool:
        """Say whether `value` reaches the limit."""
        return value >= self.limit

    def __str__(self) -> str:
        return f"≥ {self.limit:g}"


@dataclass(frozen=True)
class Row:
    """One measured value. Without a `target` it is there for information, and nothing can be missed.

    `peer` says in words what the same moment of the same machine gave for what the value is compared with.
    """

    name: str
    value: float
    unit: str
    target: AtMost | AtLeast | None = None
    peer: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the target is reached; None without one."""
        return None if self.target is None else self.target.holds(self.value)

    def to_record(self) -> dict[str, Any]:
        """Return the row as JSON-ready data with the keys `KEYS`; what there is not is null."""
        target = None if self.target is None else str(self.target)
        values = (self.name, rounded(self.value), self.unit, target, self.peer or None, self.holds)
        return dict(zip(KEYS, values, strict=True))


def rounded(value: float) -> float | int:
    """Return `value` with three figures that count, whole where it is whole or large."""
    short = float(f"{value:.3g}") if abs(value) < 1000 else value
    return round(short) if abs(short) >= 100 or short == int(short) else short


def write(rows: Sequence[Row], file: Path) -> None:
    """Keep the rows of one benchmark: a JSON list with an object a row, a line each."""
    lines = ",\n".join(f"  {json.dumps(row.to_record(), ensure_ascii=False)}" for row in rows)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
