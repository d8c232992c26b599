"""Owns the eight tiles: what each shows, and how it is computed."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Callable
from typing import Any

from dashlib.store import Store

IDEAS = ("Chrome wheel set", "Flame decals", "Track-day bundle", "Gift cards", "A hot rod for hamsters")
WILDCARD = 4
"""Which of the ideas is the one that nobody asked for."""


def ideas() -> list[dict[str, Any]]:
    """Return the idea pool: five suggestions, one of them a wildcard."""
    return [{"title": title, "wildcard": number == WILDCARD} for number, title in enumerate(IDEAS)]


def to_order(store: Store) -> list[dict[str, Any]]:
    """Return every article with its reorder point: what is used until a delivery comes, and a reserve."""
    return store.rows("select sku, stock, daily_use * lead_days + reserve as reorder_point from inventory")


def open_conversations() -> int:
    """Return how many customers wait in Chatwoot."""
    with urllib.request.urlopen(os.environ["CHATWOOT_URL"] + "/api/conversations", timeout=3) as answer:
        return int(json.load(answer)["open"])


def of(store: Store) -> dict[str, Callable[[], Any]]:
    """Return the tiles by name."""
    return {
        "revenue": lambda: store.number("select coalesce(sum(cents), 0) from sales"),
        "orders": lambda: store.number("select count(*) from sales"),
        "analytics": lambda: store.rows("select day, sum(cents) as cents from sales group by day"),
        "inventory": lambda: [each["sku"] for each in to_order(store) if each["stock"] < each["reorder_point"]],
        "approvals": lambda: store.number("select count(*) from approvals where state = 'open'"),
        "ideas": ideas,
        "customers": open_conversations,
        "system": lambda: "ok",
    }


def shown(store: Store) -> dict[str, Any]:
    """Return what each tile shows; None where it is broken, so that one does not take the others along."""
    return {name: _shown(tile) for name, tile in of(store).items()}


def _shown(tile: Callable[[], Any]) -> Any:
    try:
        return tile()
    # A tile may fail in as many ways as what it asks; the page says which one did.
    except Exception:  # noqa: BLE001
        return None
