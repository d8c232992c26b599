"""What Envoy reads once, at its start: where its files are, its private door, and how latencies are sorted.

Everything else (listener, clusters, endpoints, routes) comes from files that it watches, so that nothing ever
needs a restart.
"""

from __future__ import annotations

import math

from flightrules.routers._envoy.settings import Json, Settings, path_source

ADMIN_SOCKET = "admin.sock"
"""Relative to the router's folder, which is Envoy's working directory: a socket's path has room for 107 bytes."""

LISTENERS, CLUSTERS, ROUTE_FILE = "listeners.json", "clusters.json", "routes.json"

BUCKETS_PER_DECADE = (1.0, 1.2, 1.4, 1.7, 2.0, 2.4, 2.9, 3.5, 4.2, 5.0, 6.0, 7.2, 8.6)
"""Steps of at most 21 %, each a number of two digits: Envoy itself keeps latencies to two digits."""


KEPT_FIGURES = (
    r"flight\..*|listener_manager\..*|server\..*|"
    r".*\.(upstream_rq_active|version_text|update_rejected|ejections_active|membership_healthy)"
)
"""The only figures that Envoy keeps, of more than a thousand: each costs memory, and time at every request."""

FOR_EVER = 10**15
"""Microseconds. Envoy leaves out what is above the last bucket; nothing is above this one."""


def latency_buckets() -> list[int]:
    """Return the upper ends of the latency buckets in microseconds: from 0.1 ms to 100 s, and for ever."""
    steps = [round(step * 10**power) for power in range(2, 8) for step in BUCKETS_PER_DECADE]
    return [*steps, 10**8, FOR_EVER]


def latency_bounds() -> tuple[float, ...]:
    """Return the upper ends of the latency buckets in seconds; the last is infinity."""
    return (*(bucket / 1e6 for bucket in latency_buckets()[:-1]), math.inf)


def bootstrap(settings: Settings) -> Json:
    """Return the configuration that Envoy is started with."""
    return {
        "node": {"id": settings.service, "cluster": "flight"},
        "admin": {"address": {"pipe": {"path": ADMIN_SOCKET, "mode": 0o600}}},
        "dynamic_resources": {
            "cds_config": path_source(settings.live / CLUSTERS),
            "lds_config": path_source(settings.live / LISTENERS),
        },
        "stats_config": {
            "stats_matcher": {"inclusion_list": {"patterns": [{"safe_regex": {"regex": KEPT_FIGURES}}]}},
            "histogram_bucket_settings": [
                {"match": {"prefix": "flight.latency"}, "buckets": latency_buckets()},
            ],
        },
        "stats_flush_on_admin": True,
    }
