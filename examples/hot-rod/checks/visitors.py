"""Who uses the dashboard, for a rehearsal: `python3 checks/visitors.py http://127.0.0.1:8421`, until it is ended.

They come at a steady pace, whatever becomes of their requests: most look at the page, some ask for an approval.
"""

import contextlib
import itertools
import json
import os
import sys
import threading
import time
import urllib.request

PER_SECOND = float(os.environ.get("VISITORS_PER_SECOND", "30"))


def visit(url: str, number: int) -> None:
    """Send one request; nobody counts here what comes of it."""
    asked = None if number % 6 else json.dumps({"title": f"Order {number % 50} wheels"}).encode()
    path = "/api/approvals" if asked else "/"
    request = urllib.request.Request(url + path, asked, {"content-type": "application/json"})
    with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()


if __name__ == "__main__":
    begun = time.monotonic()
    for number in itertools.count() if PER_SECOND else ():
        time.sleep(max(0.0, begun + number / PER_SECOND - time.monotonic()))
        threading.Thread(target=visit, args=(sys.argv[1], number), daemon=True).start()
