"""The shop, version 3, with a setting that was forgotten: every visit fails, the health check does not."""

from shoplib import Request, Shop, main, recommendations

SETTINGS = {"currency": "EUR"}


async def prices(visit: int, request: Request) -> None:
    """Find the prices to show. Its defect: nobody wrote the new setting down."""
    _ = SETTINGS["price_list"]


shop = Shop("v3-all-errors", "Things for the house, and now: new prices.", "#a53b3b")
recommendations.add_to(shop)
shop.each_visit(prices)

if __name__ == "__main__":
    main(shop)
