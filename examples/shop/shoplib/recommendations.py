"""Owns what a visitor may like next: new with the second version of the shop."""

from __future__ import annotations

from shoplib.shop import Shop
from shoplib.warehouse import ITEMS
from shoplib.web import Answer, Request, json_answer


def add_to(shop: Shop) -> None:
    """Give `shop` the route `GET /api/recommendations?item=lamp`, and let orders say what led to them."""

    async def recommend(request: Request) -> Answer:
        item = request.query.get("item", ITEMS[0])
        start = ITEMS.index(item) if item in ITEMS else 0
        return json_answer([ITEMS[(start + step) % len(ITEMS)] for step in (1, 2, 3)])

    shop.route("GET", "/api/recommendations", recommend)
    shop.keep_with_orders("recommended_by")
