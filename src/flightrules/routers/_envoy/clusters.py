"""How Envoy reaches each version: its cluster, its endpoints, and the cluster that falls back to stable.

A version's cluster never changes while it is there. Envoy would build a changed one anew, with new connections
and new health looks; so addresses come from a file of their own, and what differs between candidate and stable
is in the routes.
"""

from __future__ import annotations

from collections.abc import Mapping

from flightrules.domain.traffic import Routes
from flightrules.routers._envoy.settings import Json, Settings, path_source, seconds

CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
ENDPOINTS = "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment"
AGGREGATE = "type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig"
HTTP_OPTIONS = "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

FALLBACK = "_else_"
"""Joins the keys in the name of a cluster that falls back: `v2-ab12_else_v1-cd34`. No key contains it."""

LOOK_EVERY, LOOK_WITHIN, LOOKS_TO_FALL = 0.5, 1.0, 2
CONNECT_WITHIN = 1.0
IDLE_CONNECTION = 1.0
"""Seconds. Shorter than the keep-alive of the usual servers (Node and uvicorn: 5 s, gunicorn: 2 s), so that Envoy
ends an idle connection and is never surprised by a server that closes one just as a request is on its way."""

LAST_RESORT = 1.0
"""Percent. When not even one instance answers its health looks and there is no other version to turn to, requests
are still tried on it: a stable version that is slow under load is better than a router that turns all away."""

NO_LIMIT = 1_000_000


def resources(settings: Settings, routes: Routes) -> list[Json]:
    """Return every cluster that `routes` needs."""
    clusters = [version_cluster(settings, key) for key in sorted(routes.endpoints) if routes.endpoints[key]]
    if fallback := fallback_of(routes):
        clusters.append(falling_back(*fallback))
    return clusters


def fallback_of(routes: Routes) -> tuple[str, str] | None:
    """Return the candidate and the version that takes its users when it dies; None where either is missing."""
    if routes.split is None or routes.candidate is None or not routes.endpoints.get(routes.candidate):
        return None
    others = [
        (share, key)
        for key, share in routes.split.shares.items()
        if key != routes.candidate and routes.endpoints.get(key)
    ]  # fmt: skip
    return (routes.candidate, max(others)[1]) if others else None


def serving_cluster(routes: Routes, key: str) -> str:
    """Return the name of the cluster that serves the share of the version with `key`."""
    fallback = fallback_of(routes)
    return FALLBACK.join(fallback) if fallback and key == fallback[0] else key


def version_cluster(settings: Settings, key: str) -> Json:
    """Return the cluster of one version."""
    return {
        "@type": CLUSTER,
        "name": key,
        "type": "EDS",
        "eds_cluster_config": {"eds_config": path_source(settings.endpoints_file(key))},
        "connect_timeout": seconds(CONNECT_WITHIN),
        "lb_policy": "LEAST_REQUEST",
        "common_lb_config": {"healthy_panic_threshold": {"value": LAST_RESORT}},
        "health_checks": [_health_look(settings.health)],
        "outlier_detection": _passive_health(),
        "ignore_health_on_host_removal": True,
        "circuit_breakers": {"thresholds": [_no_limits("DEFAULT"), _no_limits("HIGH")]},
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": HTTP_OPTIONS,
                "explicit_http_config": {"http_protocol_options": {}},
                "common_http_protocol_options": {"idle_timeout": seconds(IDLE_CONNECTION)},
            }
        },
    }


def falling_back(first: str, second: str) -> Json:
    """Return the cluster that is `first` as long as it is healthy, and `second` when it is not."""
    return {
        "@type": CLUSTER,
        "name": f"{first}{FALLBACK}{second}",
        "connect_timeout": seconds(CONNECT_WITHIN),
        "lb_policy": "CLUSTER_PROVIDED",
        "common_lb_config": {"healthy_panic_threshold": {"value": LAST_RESORT}},
        "cluster_type": {
            "name": "envoy.clusters.aggregate",
            "typed_config": {"@type": AGGREGATE, "clusters": [first, second]},
        },
    }


def endpoints(key: str, addresses: tuple[str, ...]) -> Json:
    """Return the addresses (`host:port`) of one version; its key is their hostname, by which answers are counted."""
    return {
        "@type": ENDPOINTS,
        "cluster_name": key,
        "endpoints": [{"lb_endpoints": [_endpoint(key, address) for address in addresses]}],
    }


def union(one: Mapping[str, tuple[str, ...]], other: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return the addresses that are in either, by version key."""
    return {
        key: tuple(dict.fromkeys((*one.get(key, ()), *other.get(key, ())))) for key in dict.fromkeys((*one, *other))
    }


def _endpoint(key: str, address: str) -> Json:
    host, _, port = address.rpartition(":")
    return {
        "endpoint": {
            "address": {"socket_address": {"address": host.strip("[]"), "port_value": int(port)}},
            "hostname": key,
            "health_check_config": {"hostname": address},
        }
    }


def _health_look(path: str) -> Json:
    look: Json = {
        "timeout": seconds(LOOK_WITHIN),
        "interval": seconds(LOOK_EVERY),
        "no_traffic_interval": seconds(LOOK_EVERY),
        "no_traffic_healthy_interval": seconds(LOOK_EVERY),
        "unhealthy_threshold": LOOKS_TO_FALL,
        "healthy_threshold": 1,
    }
    if path:
        return {**look, "http_health_check": {"path": path, "expected_statuses": [{"start": 200, "end": 300}]}}
    return {**look, "tcp_health_check": {}}


def _passive_health() -> Json:
    """Leave out an instance that cannot be reached, until its next health look. An answer, also 5xx, is an answer."""
    return {
        "split_external_local_origin_errors": True,
        "consecutive_local_origin_failure": 2,
        "enforcing_consecutive_local_origin_failure": 100,
        "enforcing_consecutive_5xx": 0,
        "enforcing_consecutive_gateway_failure": 0,
        "enforcing_success_rate": 0,
        "enforcing_local_origin_success_rate": 0,
        "max_ejection_percent": 100,
        "interval": seconds(LOOK_EVERY),
        "base_ejection_time": seconds(LOOK_EVERY),
        "max_ejection_time": seconds(5.0),
    }


def _no_limits(priority: str) -> Json:
    kinds = ("max_connections", "max_pending_requests", "max_requests", "max_retries")
    return {"priority": priority, **dict.fromkeys(kinds, NO_LIMIT)}
