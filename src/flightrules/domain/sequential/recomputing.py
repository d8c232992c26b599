"""Every log E of a file of traces, computed again: a test of ours, and a way for anyone to check us.

The file says which test with which parameters, what was counted look by look, and may say which log E it expects. The
format is that of docs/reference/commands.md, `flight judge`. A file that is not of it is refused with `BadVectors`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flightrules.domain.errors import FlightError
from flightrules.domain.sequential.absolute_errors import AbsoluteErrors, AbsoluteErrorsSettings
from flightrules.domain.sequential.latency import Latency, LatencySettings
from flightrules.domain.sequential.relative_errors import RelativeErrors, RelativeErrorsSettings
from flightrules.domain.sequential.ticks import Arm, BadCounts, Tick
from flightrules.domain.sequential.wealth import BadSetting, Onset


class BadVectors(FlightError):
    """A file of traces is not in the format that `flight judge` reads."""


@dataclass(frozen=True)
class Judged:
    """One case: its log E after each look, as we compute it, and as the file expects it (None where it does not)."""

    test: str
    name: str
    log_e: tuple[float, ...]
    expected: tuple[float, ...] | None

    @property
    def difference(self) -> float | None:
        """The largest difference between the two, None where nothing is expected."""
        if self.expected is None:
            return None
        return max((abs(one - other) for one, other in zip(self.log_e, self.expected, strict=True)), default=0.0)


Test = RelativeErrors | AbsoluteErrors | Latency

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "errors": ("candidate_requests", "candidate_bad", "stable_requests", "stable_bad"),
    "absolute": ("candidate_requests", "candidate_bad"),
    "latency": ("candidate_histogram", "stable_histogram"),
}


def judged(file: object) -> Iterator[Judged]:
    """Yield every case of a file of traces, as JSON has it, computed again. Raises `BadVectors`."""
    cases = _list(_mapping(file, "the file"), "cases", "the file")
    if not cases:
        raise BadVectors("there is no case in it, so nothing was computed", "write one into `cases`")
    for number, case in enumerate(cases, start=1):
        yield _judged(_mapping(case, f"case {number}"), f"case {number}")


def _judged(case: Mapping[str, Any], where: str) -> Judged:
    name, kind = str(case.get("name", where)), str(case.get("test"))
    where = f"{where} ({name})" if "name" in case else where
    if kind not in _COLUMNS:
        known = ", ".join(_COLUMNS)
        raise BadVectors(f"{where}: test is {kind}, which is none of {known}", f"write one of {known}")
    columns = {column: _list(case, column, where) for column in _COLUMNS[kind]}
    looks = len(next(iter(columns.values())))
    expected = _numbers(case, "log_e", where) if "log_e" in case else None
    for column, values in (*columns.items(), *((("log_e", expected),) if expected is not None else ())):
        if len(values) != looks:
            raise BadVectors(f"{where}: {column} has {len(values)} looks where another column has {looks}")
    return Judged(kind, name, tuple(_logs(_test(kind, case, where), columns, where)), expected)


def _logs(test: Test, columns: Mapping[str, Sequence[Any]], where: str) -> Iterator[float]:
    for look, values in enumerate(zip(*columns.values(), strict=True), start=1):
        try:
            test = test.after(_tick(dict(zip(columns, values, strict=True))))
        except BadCounts as error:
            raise BadVectors(f"{where}, look {look}: {error.what}", error.do) from error
        yield test.log_e


def _tick(counted: Mapping[str, Any]) -> Tick:
    return Tick(_arm(counted, "candidate"), _arm(counted, "stable"))


def _arm(counted: Mapping[str, Any], name: str) -> Arm:
    histogram = counted.get(f"{name}_histogram", ())
    if not isinstance(histogram, list | tuple):
        raise BadCounts(f"{name}_histogram is not a list of counts")
    try:
        return Arm(counted.get(f"{name}_requests", 0), counted.get(f"{name}_bad", 0), tuple(histogram))
    except BadCounts as error:
        raise BadCounts(f"{name}: {error.what}") from error


def _test(kind: str, case: Mapping[str, Any], where: str) -> Test:
    given = _mapping(case.get("parameters", {}), f"{where}: parameters")
    try:
        return _TESTS[kind](given, case)
    except KeyError as error:
        raise BadVectors(f"{where}: {error.args[0]} is missing", "add it; `flight judge --help` says more") from error
    except (TypeError, ValueError, OverflowError) as error:
        raise BadVectors(f"{where}: a parameter is no number where one is needed ({error})") from error
    except BadSetting as error:
        raise BadVectors(f"{where}: {error.what}", error.do) from error


def _errors(given: Mapping[str, Any], _: Mapping[str, Any]) -> RelativeErrors:
    return RelativeErrors.start(
        RelativeErrorsSettings(float(given["tolerance"]), float(given.get("overdispersion", 1.0)), _onset(given))
    )


def _absolute(given: Mapping[str, Any], _: Mapping[str, Any]) -> AbsoluteErrors:
    return AbsoluteErrors.start(
        AbsoluteErrorsSettings(float(given["p_max"]), float(given.get("overdispersion", 1.0)), _onset(given))
    )


def _latency(given: Mapping[str, Any], case: Mapping[str, Any]) -> Latency:
    return Latency.start(
        LatencySettings(
            baseline_shares=tuple(map(float, case["baseline_shares"])),
            alternatives=tuple(tuple(map(float, shares)) for shares in case["alternatives"]),
            tolerance=float(given["tolerance"]),
            min_candidate_requests=int(given["min_candidate_requests"]),
            overdispersion=float(given.get("overdispersion", 1.0)),
            onset=_onset(given),
        )
    )


_TESTS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Test]] = {
    "errors": _errors,
    "absolute": _absolute,
    "latency": _latency,
}


def _onset(given: Mapping[str, Any]) -> Onset:
    return Onset(float(given["late_mass"]), int(given["horizon_ticks"]))


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadVectors(f"{what} is not an object with named fields")
    return value


def _list(parent: Mapping[str, Any], field: str, where: str) -> list[Any]:
    value = parent.get(field)
    if not isinstance(value, list):
        missing = "is missing" if value is None else "is not a list"
        raise BadVectors(f"{where}: {field} {missing}", "`flight judge --help` has the format")
    return value


def _numbers(parent: Mapping[str, Any], field: str, where: str) -> tuple[float, ...]:
    try:
        return tuple(map(float, _list(parent, field, where)))
    except (TypeError, ValueError) as error:
        raise BadVectors(f"{where}: {field} holds something that is no number") from error
