"""The shop, version 3, with a broken search: `/api/search` fails, everything else works."""

from shoplib import Request, Shop, main, recommendations

INDEX: dict[str, list[str]] = {}


async def look_up(visit: int, request: Request) -> None:
    """Use the new index of words. Its defect: nothing ever fills it."""
    if request.path == "/api/search":
        _ = INDEX[request.query.get("q", "")]


shop = Shop("v3-one-route", "Things for the house, and now: with an index.", "#a53b3b")
recommendations.add_to(shop)
shop.each_visit(look_up)

if __name__ == "__main__":
    main(shop)
