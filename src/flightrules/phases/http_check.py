"""A check that asks a service as its users do: through the router."""

from __future__ import annotations

import asyncio
import http.client
import time
from urllib.parse import urlsplit

from flightrules.domain.plan import HttpCheck


async def ask(check: HttpCheck, base: str) -> tuple[bool, str]:
    """Return whether the answer was as expected, and in words what came."""
    return await asyncio.to_thread(_ask, check, base)


def _ask(check: HttpCheck, base: str) -> tuple[bool, str]:
    address = urlsplit(base)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=check.within)
    began = time.monotonic()
    try:
        connection.request(check.method, check.path)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return False, f"{check.method} {check.path} got no answer: {error or type(error).__name__}"
    finally:
        connection.close()
    seconds = time.monotonic() - began
    if status != check.status:
        return False, f"{check.method} {check.path} answered {status}, expected {check.status}"
    if seconds > check.within:
        return False, f"{check.method} {check.path} took {seconds:.3f} s, the limit is {check.within:g} s"
    return True, f"{check.method} {check.path} answered {status} in {seconds * 1000:.0f} ms"
