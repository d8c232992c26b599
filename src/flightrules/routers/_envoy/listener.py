"""Where the service is reached, and what Envoy counts there.

Counting happens once per request of a user, when it ends, under the version whose instance gave the answer;
tries that failed over to another version are therefore not counted twice.
"""

from __future__ import annotations

from flightrules.routers._envoy.bootstrap import ROUTE_FILE
from flightrules.routers._envoy.settings import ROUTE_TABLE, Json, Settings, path_source, seconds

LISTENER = "type.googleapis.com/envoy.config.listener.v3.Listener"
HTTP = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
STATS_LOG = "type.googleapis.com/envoy.extensions.access_loggers.stats.v3.Config"

HEADERS_WITHIN = 30.0
IDLE_STREAM = 3600.0
"""Seconds without a single byte in either direction after which a stream or a WebSocket is given up."""
HEADERS_KB = 96
BUFFER_BYTES = 1024 * 1024

WHO = [
    {"name": "version", "value_format": "%UPSTREAM_HOST_NAME%"},
    {"name": "share", "value_format": "%UPSTREAM_CLUSTER_RAW%"},
]
HOW = [
    {"name": "status", "value_format": "%RESPONSE_CODE%"},
    {"name": "flags", "value_format": "%RESPONSE_FLAGS%"},
]


def listener(settings: Settings) -> Json:
    """Return the listener of the service."""
    return {
        "@type": LISTENER,
        "name": ROUTE_TABLE,
        "address": {"socket_address": {"address": settings.host, "port_value": settings.port}},
        "per_connection_buffer_limit_bytes": BUFFER_BYTES,
        # With it, a second Envoy could listen on the same port and silently take half of the requests.
        "enable_reuse_port": False,
        "filter_chains": [
            {"filters": [{"name": "http", "typed_config": _http(settings)}]},
        ],
    }


def _http(settings: Settings) -> Json:
    return {
        "@type": HTTP,
        "stat_prefix": ROUTE_TABLE,
        "rds": {"route_config_name": ROUTE_TABLE, "config_source": path_source(settings.live / ROUTE_FILE)},
        "use_remote_address": True,
        "xff_num_trusted_hops": settings.trusted_proxies,
        "server_header_transformation": "PASS_THROUGH",
        "http_protocol_options": {"accept_http_10": True, "default_host_for_http_10": settings.listen},
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "request_headers_timeout": seconds(HEADERS_WITHIN),
        "stream_idle_timeout": seconds(IDLE_STREAM),
        "max_request_headers_kb": HEADERS_KB,
        "access_log": [_count(settings), _latency()],
        "http_filters": [
            # Its dynamic figures are those of the clusters by status, which nobody reads here; they cost time.
            {
                "name": "router",
                "typed_config": {"@type": ROUTER, "suppress_envoy_headers": True, "dynamic_stats": False},
            },
        ],
    }


def _count(settings: Settings) -> Json:
    """Count every request that got an answer, and those that nobody answered although the client had patience."""
    waited_in_vain = {"and_filter": {"filters": [_status("EQ", 0), _waited(settings.patience)]}}
    return _stats_log(
        {"or_filter": {"filters": [_status("GE", 1), waited_in_vain]}},
        counters=[{"stat": {"name": "requests", "tags": WHO + HOW}, "value_fixed": 1}],
    )


def _latency() -> Json:
    """Time the answers, but not connections that were upgraded: how long a WebSocket lives is no latency."""
    return _stats_log(
        {"and_filter": {"filters": [_status("GE", 200), _status("LE", 599)]}},
        histograms=[
            {
                "stat": {"name": "latency", "tags": WHO},
                "unit": "Microseconds",
                "value_format": "%COMMON_DURATION(DS_RX_END:US_RX_END:us)%",
            }
        ],
    )


def _stats_log(only: Json, **figures: list[Json]) -> Json:
    return {
        "name": "envoy.access_loggers.stats",
        "filter": only,
        "typed_config": {"@type": STATS_LOG, "stats_scope": {"prefix": ROUTE_TABLE}, **figures},
    }


def _status(op: str, value: int) -> Json:
    return {"status_code_filter": {"comparison": _than(op, value)}}


def _waited(least: float) -> Json:
    return {"duration_filter": {"comparison": _than("GE", round(least * 1000))}}


def _than(op: str, value: int) -> Json:
    # Envoy insists on a key under which a number could be overridden at run time; nothing overrides it.
    return {"op": op, "value": {"default_value": value, "runtime_key": "flight.none"}}
