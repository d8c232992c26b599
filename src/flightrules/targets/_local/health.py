"""Looks whether an instance can serve."""

from __future__ import annotations

import asyncio
import ssl
from functools import cache

from flightrules.targets._local.options import Health


async def look(health: Health, address: str, limit: float) -> str:
    """Return an empty text when the instance at `address` (`host:port`) is healthy, otherwise in words why not.

    Never takes longer than `limit` seconds.
    """
    asked = f"GET http://{address}{health.http}" if health.http else f"connecting to {address}"
    try:
        async with asyncio.timeout(limit):
            if health.http is None:
                return await _connect(address)
            return await _get(f"http://{address}{health.http}", asked)
    except TimeoutError:
        return f"{asked} took longer than {limit:.2g}s"
    except OSError:
        return f"{asked} failed: connection refused"


async def _connect(address: str) -> str:
    host, _, port = address.rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.close()
    return ""


async def _get(url: str, asked: str) -> str:
    import httpx

    # A proxy from the environment must not stand between us and our own instance.
    async with httpx.AsyncClient(trust_env=False, verify=_no_tls()) as client:
        try:
            async with client.stream("GET", url, timeout=None) as answer:
                return "" if answer.is_success else f"{asked} answered {answer.status_code}"
        except httpx.ConnectError as error:
            raise OSError from error
        except httpx.HTTPError as error:
            return f"{asked} failed: {error or type(error).__name__}"


@cache
def _no_tls() -> ssl.SSLContext:
    """TLS plays no part here, but a client makes a context each time unless it is given one: 5 ms a look."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
