"""Envoy that does nothing but forward: what our router could reach if it kept no figures and no user's version."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bench.haproxy import listening
from bench.shop import end, free_port
from flightrules.routers._envoy.process import binary

HTTP = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"

Json = dict[str, Any]


@asynccontextmanager
async def forwarding(folder: Path, shares: Mapping[str, int]) -> AsyncIterator[str]:
    """Run Envoy in front of the servers at these addresses, each with its share; yields where it listens.

    No figures, no health looks, no ids, no retries, no time limit of a stream; as many threads as ours.
    """
    port = free_port()
    file = folder / "plain-envoy.json"
    file.write_text(json.dumps(_configuration(port, shares)))
    process = await asyncio.create_subprocess_exec(
        str(binary()), "-c", str(file), "--disable-hot-restart", "--log-level", "error",
        "--concurrency", str(os.cpu_count() or 1), start_new_session=True,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await listening(f"127.0.0.1:{port}")
        yield f"127.0.0.1:{port}"
    finally:
        await end(process)


def _configuration(port: int, shares: Mapping[str, int]) -> Json:
    weighted = [{"name": address, "weight": share} for address, share in shares.items()]
    connections: Json = {
        "@type": HTTP,
        "stat_prefix": "users",
        "generate_request_id": False,
        "stream_idle_timeout": "0s",
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [
                        {
                            "match": {"prefix": "/"},
                            "route": {"timeout": "0s", "weighted_clusters": {"clusters": weighted}},
                        }
                    ],
                }
            ]
        },
        "http_filters": [
            {"name": "router", "typed_config": {"@type": ROUTER, "suppress_envoy_headers": True}},
        ],
    }
    listener = {
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [{"filters": [{"name": "http", "typed_config": connections}]}],
    }
    return {
        "static_resources": {"listeners": [listener], "clusters": [_cluster(address) for address in shares]},
        "stats_config": {"stats_matcher": {"reject_all": True}},
    }


def _cluster(address: str) -> Json:
    host, port = address.rsplit(":", 1)
    endpoint = {"endpoint": {"address": {"socket_address": {"address": host, "port_value": int(port)}}}}
    return {
        "name": address,
        "type": "STATIC",
        "load_assignment": {"cluster_name": address, "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
