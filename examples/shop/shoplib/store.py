"""Owns where orders are kept. `SHOP_STORE` chooses; `memory` keeps them in this process and loses them with it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, Protocol

MOST_ORDERS = 1000
"""How many orders the memory keeps; the oldest are forgotten."""


class Orders(Protocol):
    """Keeps orders."""

    def add(self, item: str, pieces: int) -> Mapping[str, Any]:
        """Keep an order and return it with its number."""

    def latest(self, most: int) -> list[Mapping[str, Any]]:
        """Return the newest orders, newest first."""


class OrdersInMemory:
    """Keeps the newest orders in this process."""

    def __init__(self) -> None:
        self._orders: list[Mapping[str, Any]] = []
        self._number = 0

    def add(self, item: str, pieces: int) -> Mapping[str, Any]:
        """Keep an order and return it with its number."""
        self._number += 1
        order = {"number": self._number, "item": item, "pieces": pieces}
        self._orders = [*self._orders[-(MOST_ORDERS - 1) :], order]
        return order

    def latest(self, most: int) -> list[Mapping[str, Any]]:
        """Return the newest orders, newest first."""
        return self._orders[: -most - 1 : -1]


STORES: Mapping[str, Callable[[], Orders]] = {"memory": OrdersInMemory}


def open_orders(name: str) -> Orders:
    """Return the store called `name`; ends the program with a reason where there is none."""
    if name not in STORES:
        sys.exit(f"SHOP_STORE={name} is not a store; write one of: {', '.join(STORES)}")
    return STORES[name]()
