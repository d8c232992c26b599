"""Customers, for a rehearsal: `python3 checks/visitors.py http://127.0.0.1:8411`, until it is ended.

They come at a steady pace, whatever becomes of their requests. Each asks one question; nobody talks for long.
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
QUESTIONS = ("Do you have lamps?", "What does a chair cost?", "Where is my order?")


def visit(url: str, number: int) -> None:
    """Read the page, or ask a question; nobody counts here what comes of it."""
    asked = None
    if number % 3 == 0:
        asked = json.dumps({"text": QUESTIONS[number // 3 % len(QUESTIONS)]}).encode()
    path = "/api/chat" if asked else "/"
    with contextlib.suppress(OSError), urllib.request.urlopen(url + path, asked, timeout=10) as answer:
        answer.read()


if __name__ == "__main__":
    begun = time.monotonic()
    for number in itertools.count() if PER_SECOND else ():
        time.sleep(max(0.0, begun + number / PER_SECOND - time.monotonic()))
        threading.Thread(target=visit, args=(sys.argv[1], number), daemon=True).start()
