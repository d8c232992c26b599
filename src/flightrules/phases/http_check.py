"""A check that asks a service as its users do: through the router."""

from __future__ import annotations

import asyncio

from flightrules.domain.plan import HttpCheck
from flightrules.ports.clock import Clock


async def ask(check: HttpCheck, base: str, clock: Clock) -> tuple[bool, str]:
    """Return whether the answer was as expected, and in words what came.

    An answer has come with the last of its headers. One that comes byte by byte gets no more time than any other.
    """
    asked = f"{check.method} {check.path}"
    began = clock.monotonic()
    try:
        async with asyncio.timeout(check.within):
            status = await _status(check, base)
    except TimeoutError:
        return False, f"{asked} got no answer within {check.within:g} s"
    except OSError as error:
        return False, f"{asked} got no answer: {error}"
    seconds = clock.monotonic() - began
    if status != check.status:
        return False, f"{asked} answered {status}, expected {check.status}"
    return True, f"{asked} answered {status} in {seconds * 1000:.0f} ms"


async def _status(check: HttpCheck, base: str) -> int:
    """Return the status of the answer, redirects included. Raises `OSError` where there is none."""
    import aiohttp

    session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
    try:
        async with session, session.request(check.method, base + check.path, allow_redirects=False) as answer:
            return answer.status
    except aiohttp.ClientError as error:
        raise OSError(str(error) or type(error).__name__) from error
