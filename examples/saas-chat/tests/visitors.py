"""Sends steady traffic to the gateway until it is ended: `python3 tests/visitors.py 20` sends 20 requests a second.

Half of them are messages, the others read. Where the gateway is, `GATEWAY_PORT` says. With 0 nobody comes.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from system import Client


def visit(number: int) -> None:
    """Send one request. Whatever comes back: the router counts it."""
    guest = Client(f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}")
    with contextlib.suppress(OSError):
        if number % 2:
            guest.ask("POST", "/api/messages", text=f"visit {number}", reference=f"{os.getpid()}-{number}")
        else:
            guest.ask("GET", "/" if number % 4 else "/api/messages")


def main(per_second: float) -> None:
    """Send them by the clock, also where the service is slow."""
    begun = time.monotonic()
    with ThreadPoolExecutor(64) as pool:
        for number in itertools.count() if per_second else ():
            time.sleep(max(0.0, begun + number / per_second - time.monotonic()))
            pool.submit(visit, number)


if __name__ == "__main__":
    main(float(sys.argv[1]))
