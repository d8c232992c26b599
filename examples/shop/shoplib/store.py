"""Owns where orders are kept. `SHOP_STORE` chooses: `memory` loses them with the process, the others are databases.

An order is a mapping of the names of columns to values; the shop decides which it has. Its number comes from here.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Protocol

MOST_ORDERS = 1000
"""How many orders the memory keeps; the oldest are forgotten."""

Order = Mapping[str, Any]


class Orders(Protocol):
    """Keeps orders."""

    async def add(self, order: Order) -> Order:
        """Keep an order, for good when this returns, and return it with its number."""

    async def latest(self, most: int) -> list[Order]:
        """Return the newest orders, newest first."""


class OrdersInMemory:
    """Keeps the newest orders in this process."""

    def __init__(self) -> None:
        self._orders: list[Order] = []
        self._number = 0

    async def add(self, order: Order) -> Order:
        """Keep an order and return it with its number."""
        self._number += 1
        kept = {"number": self._number, **order}
        self._orders = [*self._orders[-(MOST_ORDERS - 1) :], kept]
        return kept

    async def latest(self, most: int) -> list[Order]:
        """Return the newest orders, newest first."""
        return self._orders[: -most - 1 : -1]


def open_orders(where: str) -> Orders:
    """Return the store that `where` names; ends the program with a reason where there is none."""
    if where == "memory":
        return OrdersInMemory()
    # Imported here: an interpreter may lack SQLite, and the drivers of PostgreSQL are no part of Python.
    from shoplib import database

    if where.startswith("sqlite:"):
        return database.OrdersInDatabase(database.Sqlite(where.removeprefix("sqlite:")))
    if where.startswith("postgresql:"):
        return database.OrdersInDatabase(database.Postgres(where))
    sys.exit(f"SHOP_STORE={where} is not a store; write memory, sqlite:FILE or postgresql://…")
