"""Is a version healthy at this moment: our own look at its instances, and what Envoy says.

A refused connection and a wrong answer are evidence. Silence is none: under full load an instance may be slow, and
then what Envoy saw in its own looks decides.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping

import aiohttp

from flightrules.domain.errors import NotHealthy
from flightrules.domain.traffic import Routes
from flightrules.routers._envoy.admin import Admin
from flightrules.routers._envoy.settings import Settings

ANSWERS_WITHIN = 0.5


async def require_alive(settings: Settings, routes: Routes) -> None:
    """Raise `NotHealthy` for a version with a share none of whose instances can be healthy."""
    for key in routes.split.serving() if routes.split else ():
        addresses = routes.endpoints[key]
        found = await asyncio.gather(*(_look(address, settings.health) for address in addresses))
        if all(found):
            saw = "; ".join(f"{address} {why}" for address, why in zip(addresses, found, strict=True))
            raise not_healthy(settings, routes, key, saw)


def not_healthy(settings: Settings, routes: Routes, key: str, saw: str) -> NotHealthy:
    """Return the error that refuses traffic for the version with `key`."""
    name = routes.names.get(key)
    return NotHealthy(
        f"version {f'{name} ({key})' if name else key} is not healthy and gets no traffic: {saw}",
        "Traffic is as it was. See what the version wrote to its log; "
        f"where health is asked for is services.{settings.service}.traffic.health.",
    )


async def waiting_for(admin: Admin, routes: Routes) -> Mapping[str, str]:
    """Return what Envoy sees at each version with a share that has no healthy instance yet, by version key."""
    answer = await admin.json("/clusters", format="json")
    seen = {
        cluster["name"]: {_address(host): host["health_status"] for host in cluster.get("host_statuses", ())}
        for cluster in answer.get("cluster_statuses", ())
    }
    missing = {}
    for key in routes.split.serving() if routes.split else ():
        states = {address: _state(seen.get(key, {}).get(address)) for address in routes.endpoints[key]}
        if all(states.values()):
            missing[key] = "; ".join(f"{address} {state}" for address, state in states.items())
    return missing


async def _look(address: str, path: str) -> str:
    """Return why the instance cannot be healthy; nothing when it is, or when it took too long to tell."""
    try:
        async with asyncio.timeout(ANSWERS_WITHIN):
            return await (_ask(address, path) if path else _connect(address))
    except TimeoutError:
        return ""
    except OSError as error:
        return f"cannot be reached ({os.strerror(error.errno).lower() if error.errno else error})"
    except aiohttp.ClientError as error:
        return f"broke off its answer to GET {path} ({error})"


async def _ask(address: str, path: str) -> str:
    async with aiohttp.ClientSession() as session, session.get(f"http://{address}{path}", allow_redirects=False) as got:
        return "" if 200 <= got.status < 300 else f"answered {got.status} to GET {path}"


async def _connect(address: str) -> str:
    host, _, port = address.rpartition(":")
    _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    writer.close()
    return ""


def _address(host: Mapping[str, Mapping[str, Mapping[str, object]]]) -> str:
    at = host["address"]["socket_address"]
    name = str(at["address"])
    return f"[{name}]:{at['port_value']}" if ":" in name else f"{name}:{at['port_value']}"


def _state(status: Mapping[str, object] | None) -> str:
    """Return why Envoy does not count an instance as healthy; nothing when it does."""
    if status is None:
        return "has not answered a health look yet"
    if status.get("failed_active_health_check"):
        return "fails its health looks"
    return "refused connections a moment ago" if status.get("failed_outlier_check") else ""
