"""Looks whether an instance can serve."""

from __future__ import annotations

import asyncio

from flightrules.targets._local.options import Health

REFUSED = "connection refused"
"""What is said where nobody listens."""


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
        return f"{asked} failed: {REFUSED}"


async def _connect(address: str) -> str:
    host, _, port = address.rpartition(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.close()
    return ""


async def _get(url: str, asked: str) -> str:
    import aiohttp

    try:
        # No proxy from the environment stands between us and our own instance: aiohttp asks for none by itself.
        session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
        async with session, session.get(url, allow_redirects=False) as answer:
            return "" if 200 <= answer.status < 300 else f"{asked} answered {answer.status}"
    except aiohttp.ClientConnectorError as error:
        raise OSError from error
    except aiohttp.ClientError as error:
        return f"{asked} failed: {error or type(error).__name__}"
