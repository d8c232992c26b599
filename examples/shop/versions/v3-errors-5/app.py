"""The shop, version 3, with a rounding error: every twentieth visitor gets an error instead of a discount (5 %)."""

from shoplib import Request, Shop, main, recommendations


async def discount(visit: int, request: Request) -> None:
    """Work out the visitor's discount. Its defect: the last of twenty steps divides by nothing."""
    steps_left = -visit % 20
    _ = 100 // steps_left


shop = Shop("v3-errors-5", "Things for the house, and now: with a discount.", "#a53b3b")
recommendations.add_to(shop)
shop.each_visit(discount)

if __name__ == "__main__":
    main(shop)
