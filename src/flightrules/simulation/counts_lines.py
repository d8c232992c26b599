"""One line of a file of counts: its cells, read and held against what can be true."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flightrules.domain.counts import INFINITY, NO_LATENCY
from flightrules.domain.errors import FlightError
from flightrules.domain.sequential.ticks import MOST
from flightrules.domain.verdict import ALL, CANDIDATE, STABLE, Counters, Histogram
from flightrules.plan_file import units
from flightrules.plan_file.grammar import GrammarError
from flightrules.plan_file.problems import did_you_mean, quote

ROLES = (CANDIDATE, STABLE, ALL)
COLUMNS = ("time", "version", "service", "requests", "bad", "share")
LATENCY, LONGER = "latency ", "longer"


class BadCountsFile(FlightError):
    """A file that holds no counts, or counts that cannot be true."""


def csv_lines(text: str, file: str) -> Iterator[Line]:
    """Yield the lines of a CSV file whose first line names the columns. Raises `BadCountsFile`."""
    reader = csv.reader(text.splitlines())
    names = [name.strip() for name in next(reader, [])]
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(names):
            what = f"this line has {len(cells)} values, and the first line names {len(names)}"
            raise BadCountsFile(f"{file}:{reader.line_num}: {what}", "write a value, or nothing, for each of them")
        row = {name: cell.strip() for name, cell in zip(names, cells, strict=True)}
        yield Line(file, reader.line_num, {name: cell for name, cell in row.items() if cell})


def json_lines(text: str, file: str) -> Iterator[Line]:
    """Yield the lines of a JSON Lines file: one object each. Raises `BadCountsFile`."""
    for number, content in enumerate(text.splitlines(), 1):
        if not content.strip():
            continue
        try:
            said = json.loads(content)
        except ValueError as error:
            raise BadCountsFile(f"{file}:{number}: this is no JSON: {error}", "write one object a line") from error
        if not isinstance(said, dict) or not isinstance(said.get("latency", {}), dict):
            example = (
                '{"time": 0, "version": "candidate", "requests": 100, "bad": 1, "latency": {"100ms": 99, "longer": 1}}'
            )
            raise BadCountsFile(f"{file}:{number}: this is no line of counts", f"write for example {example}")
        flat = {**said, **{f"{LATENCY}{bound}": count for bound, count in said.pop("latency", {}).items()}}
        flat.pop("latency", None)
        yield Line(file, number, {name: value for name, value in flat.items() if value is not None})


@dataclass(frozen=True)
class Line:
    """What one line says, still as it was written; every method raises `BadCountsFile` where it cannot be so."""

    file: str
    number: int
    cells: Mapping[str, Any]

    def wrong(self, what: str, do: str) -> BadCountsFile:
        """Return the error for a mistake in this line."""
        return BadCountsFile(f"{self.file}:{self.number}: {what}", do, line=self.number)

    def time(self) -> float:
        """Return when it was, in seconds from any beginning."""
        said = self.cells.get("time")
        if said is None:
            raise self.wrong("this line has no `time`", "write seconds, or a time such as 2026-11-21T14:32:07Z")
        try:
            return self._number("time")
        except BadCountsFile:
            try:
                return datetime.fromisoformat(str(said)).timestamp()
            except ValueError:
                hint = "write seconds, or a time such as 2026-11-21T14:32:07Z"
                raise self.wrong(f"{quote(str(said))} is no time", hint) from None

    def service(self, known: Sequence[str]) -> str:
        """Return whom it is about; the one service of the plan where nothing is said."""
        said = self.cells.get("service", known[0] if len(known) == 1 else "")
        if said not in known:
            what = f"{quote(str(said))} is not a service of this plan" if said else "this line names no `service`"
            raise self.wrong(what, did_you_mean(str(said), known))
        return str(said)

    def role(self) -> str:
        """Return which version it is about: `candidate`, `stable`, or `all` for a metric of both together."""
        said = self.cells.get("version")
        if said not in ROLES:
            what = f"{quote(str(said))} is not a version" if said else "this line names no `version`"
            raise self.wrong(what, "write `candidate` or `stable`; `all` for a metric that does not tell them apart")
        return str(said)

    def share(self) -> float | None:
        """Return the candidate's share of the traffic at that time, 0 to 1, where it is said."""
        return self._quantity("share", units.percentage) if "share" in self.cells else None

    def counted(self) -> Counters | None:
        """Return what the version did since the time before; None where nothing is said of requests."""
        if "requests" not in self.cells:
            return None
        requests, bad = self._count("requests"), self._count("bad") if "bad" in self.cells else 0
        if bad > requests:
            raise self.wrong(f"{bad} of {requests} requests are bad, which cannot be", "correct the counts")
        latency = self._latency()
        if sum(latency.counts) > requests:
            what = f"{sum(latency.counts)} requests have a latency, and there were {requests}"
            raise self.wrong(what, "count each request in one column: that of the first time that it does not exceed")
        return Counters(requests, bad, latency)

    def values(self, known: Sequence[str]) -> dict[str, float]:
        """Return the metrics that it gives a value of, in the unit of the metric (seconds for percentiles)."""
        named = [name for name in self.cells if name not in COLUMNS and not name.startswith(LATENCY)]
        for name in named:
            if name not in known:
                raise self.wrong(
                    f"{quote(name)} is neither a column nor a metric", did_you_mean(name, [*COLUMNS, *known])
                )
        return {name: self._number(name) for name in named}

    def _latency(self) -> Histogram:
        columns = [name for name in self.cells if name.startswith(LATENCY)]
        if not columns:
            return NO_LATENCY
        read = sorted((self._bound(name), self._count(name)) for name in columns)
        if read[-1][0] != INFINITY:
            read.append((INFINITY, 0))
        return Histogram(tuple(bound for bound, _ in read), tuple(count for _, count in read))

    def _bound(self, column: str) -> float:
        said = column.removeprefix(LATENCY).strip()
        if said == LONGER:
            return INFINITY
        try:
            return units.duration(said)
        except GrammarError as error:
            raise self.wrong(f"{quote(column)} names no time: {error.what}", "write `latency 100ms`") from error

    def _count(self, column: str) -> int:
        number = self._number(column)
        if number < 0 or number != int(number):
            said = self.cells[column]
            raise self.wrong(f"`{column}` is {said}", "counts are whole numbers, of at least 0, since the time before")
        if number > MOST:
            raise self.wrong(f"`{column}` is more than {MOST:,}", "nobody counts so many from one time to the next")
        return int(number)

    def _number(self, column: str) -> float:
        try:
            number = float(self.cells[column])
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number) or isinstance(self.cells[column], bool):
            raise self.wrong(f"`{column}` is {quote(str(self.cells[column]))}, which is no number", "write a number")
        return number

    def _quantity(self, column: str, read: Any) -> float:
        try:
            return float(read(str(self.cells[column])))
        except GrammarError as error:
            raise self.wrong(f"`{column}`: {error.what}", error.hint) from error
