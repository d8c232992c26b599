"""Owns the language models: which provider answers whom, and what it costs. One row for each answer, for the budget.

The providers are stand-ins: they wait as long as a real one does, and say something.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from chatlib.database import Pool
from chatlib.service import Request, Service

PRICES = json.loads(Path(__file__).with_name("prices.json").read_text())
PROVIDER_TAKES = 1.0
"""Seconds."""


def make(version: str) -> Service:
    """Make the service."""
    service, pool = Service("ai", version), Pool()

    def answer(request: Request) -> tuple[int, object]:
        text, tier, task = request.text("text"), request.text("tier"), request.text("task", "answer")
        provider = "edge" if tier == "free" else "large"
        words = len(text.split()) + 20
        time.sleep(PROVIDER_TAKES)
        cost = round(words * PRICES["microdollars_per_word"][provider])
        with pool.connection() as database:
            sql = "insert into usage (at, provider, words, microdollars) values (?, ?, ?, ?)"
            database.execute(sql, (int(time.time()), provider, words, cost))
        says = f"In short: {text[:60]}" if task == "summary" else f"You said: {text[:60]}"
        return 200, {"text": says, "provider": provider}

    service.routes |= {"POST /answer": answer}
    return service
