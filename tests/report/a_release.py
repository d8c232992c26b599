"""A release as it was recorded: v3 beside v2, called back in its second stage."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from flightrules.domain.events import FIRST, Entry, Event, entry_hash
from flightrules.domain.traffic import Version
from flightrules.state.observations import Seen
from flightrules.state.releases import RELEASE, Release

BEGAN = 1_790_000_000.0
V2, V3 = Version("v2", "a" * 64), Version("v3", "b" * 64)
WHY = "error_rate of v3 was 34% (17 of 50 requests), the limit is 5%"

RELEASE_ROW = Release(
    "2026-09-21-1413-v3", RELEASE, "shop", "plan: shop\nversion: {from: git}\n", "c" * 64, "anna",
    {"version": "v3"}, BEGAN, BEGAN + 48.4, "rolled back",
)  # fmt: skip


def named(version: Version) -> dict[str, str]:
    return {"name": version.name, "digest": version.digest}


def split(candidate: float) -> dict[str, Any]:
    return {
        "service": "web",
        "split": {V3.key: candidate, V2.key: 100 - candidate},
        "names": {V3.key: "v3", V2.key: "v2"},
        "closed": False,
        "seconds": 0.09,
    }


HAPPENED: list[tuple[float, str, str, dict[str, Any]]] = [
    (0.0, "release.started", "anna", {"story": "release", "reason": "", "plan": "shop", "plan_digest": "c" * 64,
     "services": {"web": {"candidate": named(V3), "stable": named(V2)}}}),
    (0.1, "step.started", "flight", {"step": "start/web/build"}),
    (2.0, "step.ended", "flight", {"step": "start/web/build", "seconds": 1.9, "result": None}),
    (3.2, "traffic.shifted", "flight", split(0)),
    (3.4, "traffic.shifted", "flight", split(5)),
    (3.5, "stage.started", "flight", {"stage": "canary", "share": "5%", "hold": 20.0}),
    (9.0, "signal.taken", "ben", {"kind_": "pause", "arguments": {"reason": "lunch"}, "answer": "paused"}),
    (9.1, "release.paused", "ben", {}),
    (12.0, "release.resumed", "ben", {}),
    (26.5, "stage.ended", "flight", {"stage": "canary", "verdict": "pass", "seconds": 20.0,
     "says": "error_rate of v3 was 0.2% (1 of 480 requests), below 1%", "do": "", "to": None, "by_person": False}),
    (26.7, "traffic.shifted", "flight", split(25)),
    (26.8, "stage.started", "flight", {"stage": "half", "share": "25%", "hold": 20.0}),
    (41.0, "rule.fired", "flight", {"rule": "error_rate > 5% for 2s: roll back", "says": WHY, "action": "roll back"}),
    (41.0, "release.called_back", "flight", {"failure": {"kind": "RuleFired", "what": WHY, "do": "", "details": {}}}),
    (41.02, "goback.started", "flight", {"why": WHY, "procedure": "code", "detect_seconds": 2.0,
     "decide_seconds": 0.02}),
    (41.3, "traffic.shifted", "flight", split(0)),
    (47.9, "goback.ended", "flight", {"procedure": "code", "detect": 2.0, "decide": 0.02, "ready": 0.15,
     "shift": 0.13, "drain": 6.2, "stop": 0.31, "total": 6.88, "within": 900.0}),
    (48.4, "release.ended", "flight", {"outcome": "rolled back", "seconds": 48.4}),
]  # fmt: skip


def entries(happened: list[tuple[float, str, str, Mapping[str, Any]]] | None = None) -> tuple[Entry, ...]:
    """The ledger of the release."""
    chain: list[Entry] = []
    for at, kind, actor, data in HAPPENED if happened is None else happened:
        event = Event(kind, RELEASE_ROW.id, data, actor)
        number, previous = len(chain) + 1, chain[-1].hash if chain else FIRST
        chain.append(Entry(number, BEGAN + at, event, previous, entry_hash(number, BEGAN + at, event, previous)))
    return tuple(chain)


def looks(count: int = 60, every: float = 0.75) -> Iterator[Seen]:
    """Looks that get bad after 38 seconds; memory cannot be read for a while."""
    for number in range(count):
        after = 3.0 + number * every
        yield Seen(number + 1, "stages/1-canary", BEGAN + after, record(after))


def record(after: float) -> dict[str, Any]:
    bad = max(0.0, min(40.0, (after - 38) * 12))
    wave = math.sin(after / 2)
    return {
        "at": BEGAN + after, "stage": "stages/1-canary", "interval": 0.75,
        "roles": {"web": {"candidate": V3.key, "stable": V2.key}}, "names": {V3.key: "v3", V2.key: "v2"},
        "readings": [
            *pair("error_rate", bad, 0.0),
            *pair("p50", 0.021 + 0.002 * wave, 0.02 + 0.001 * wave),
            *pair("p95", 0.08 + 0.012 * wave + bad / 400, 0.07 + 0.01 * wave),
            *pair("p99", 0.21 + 0.03 * wave + bad / 90, 0.19 + 0.02 * wave),
            *pair("request_rate", 8.0 if after < 27 else 50.0, 190.0 if after < 27 else 150.0),
            *pair("memory", None if 15 < after < 20 else 58e6 + after * 3e5, 61e6),
        ],
        "counters": {"web": {
            V3.key: {"requests": int(after * 20), "bad": int(bad * 3), "in_flight": 1, "bounds": [], "counts": []},
            V2.key: {"requests": int(after * 150), "bad": 0, "in_flight": 2, "bounds": [], "counts": []},
        }},
    }  # fmt: skip


def pair(metric: str, candidate: float | None, stable: float | None) -> Iterator[dict[str, Any]]:
    for subject, value in (("candidate", candidate), ("stable", stable)):
        yield {"metric": metric, "subject": subject, "service": "web", "value": value}
