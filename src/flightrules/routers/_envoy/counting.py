"""From Envoy's figures to `Counters` per version. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from flightrules.domain.verdict import Counters, Histogram
from flightrules.routers._envoy.clusters import FALLBACK

FIGURES = r"^(flight\.(requests|latency)\.|cluster\.[a-z0-9-]+\.upstream_rq_active$)"
"""What to ask Envoy for."""

WHO = r"version\.(?P<version>[^.]+)\.share\.(?P<share>[^.]+)"
REQUESTS = re.compile(rf"flight\.requests\.{WHO}\.status\.(?P<status>\d+|-)\.flags\.(?P<flags>.+)")
LATENCY = re.compile(rf"flight\.latency\.{WHO}")
ACTIVE = re.compile(r"cluster\.(?P<version>[^.]+)\.upstream_rq_active")

CUT_SHORT = {"UC", "UR", "UPE", "UT"}
"""Envoy's flags for an answer that had begun and was broken off by the version, whatever its status."""

UPGRADED = 101
"""A WebSocket was opened. It ends when either side closes the connection, which is not a broken answer."""

NOBODY = "-"


def counters(answer: Mapping[str, Any], bounds: tuple[float, ...]) -> dict[str, Counters]:
    """Return the counters by version key from what Envoy answered. `bounds` are those of the latencies, in seconds."""
    requests: dict[str, int] = defaultdict(int)
    bad: dict[str, int] = defaultdict(int)
    active: dict[str, int] = {}
    latencies: dict[str, list[int]] = defaultdict(lambda: [0] * len(bounds))
    for figure in answer["stats"]:
        if "histograms" in figure:
            _add_latencies(latencies, figure["histograms"])
        elif found := ACTIVE.fullmatch(figure["name"]):
            active[found["version"]] = int(figure["value"])
        elif found := REQUESTS.fullmatch(figure["name"]):
            version = _version(found)
            requests[version] += int(figure["value"])
            bad[version] += int(figure["value"]) if _is_bad(found["status"], found["flags"]) else 0
    return {
        key: Counters(requests[key], bad[key], Histogram(bounds, tuple(latencies[key])), active.get(key, 0))
        for key in sorted({*requests, *active} - {NOBODY})
    }


def _version(found: re.Match[str]) -> str:
    """Return who answered; where no instance was even tried, whose share the request belonged to."""
    return found["version"] if found["version"] != NOBODY else found["share"].partition(FALLBACK)[0]


def _is_bad(status: str, flags: str) -> bool:
    code = int(status) if status.isdigit() else 0
    return code == 0 or code >= 500 or (code != UPGRADED and not CUT_SHORT.isdisjoint(flags.split(",")))


def _add_latencies(latencies: dict[str, list[int]], histograms: Any) -> None:
    for histogram in histograms:
        if found := LATENCY.fullmatch(histogram["name"]):
            counts = latencies[_version(found)]
            for place, bucket in enumerate(histogram["buckets"]):
                counts[place] += int(bucket["cumulative"])
