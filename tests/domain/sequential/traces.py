"""Traces to judge: those of the vectors file, and made-up traffic with fixed seeds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flightrules.domain.sequential.absolute_errors import AbsoluteErrors, AbsoluteErrorsSettings
from flightrules.domain.sequential.latency import Latency, LatencySettings
from flightrules.domain.sequential.relative_errors import RelativeErrors, RelativeErrorsSettings
from flightrules.domain.sequential.ticks import Arm, Tick
from flightrules.domain.sequential.wealth import Onset

VECTORS = Path(__file__).with_name("vectors.json")
Case = dict[str, Any]
Test = RelativeErrors | AbsoluteErrors | Latency


def cases() -> list[Case]:
    """The cases of the vectors file: traces, and the log E of an independent implementation."""
    read: list[Case] = json.loads(VECTORS.read_text())["cases"]
    return read


def ticks(case: Case) -> list[Tick]:
    looks = range(len(case["log_e"]))
    return [Tick(_arm(case, "candidate", look), _arm(case, "stable", look)) for look in looks]


def _arm(case: Case, arm: str, look: int) -> Arm:
    def at(column: str, idle: Any) -> Any:
        return case[f"{arm}_{column}"][look] if f"{arm}_{column}" in case else idle

    return Arm(at("requests", 0), at("bad", 0), tuple(at("histogram", ())))


def test_of(case: Case) -> Test:
    """The test of a case, before its first look."""
    given = case["parameters"]
    onset = Onset(given["late_mass"], given["horizon_ticks"])
    if case["test"] == "errors":
        return RelativeErrors.start(RelativeErrorsSettings(given["tolerance"], given["overdispersion"], onset))
    if case["test"] == "absolute":
        return AbsoluteErrors.start(AbsoluteErrorsSettings(given["p_max"], onset=onset))
    shares, alternatives = tuple(case["baseline_shares"]), tuple(map(tuple, case["alternatives"]))
    settings = LatencySettings(shares, alternatives, given["tolerance"], given["min_candidate_requests"], onset=onset)
    return Latency.start(settings)


def step_by_step(test: Test, trace: list[Tick]) -> Iterator[float]:
    for tick in trace:
        test = test.after(tick)
        yield test.log_e
