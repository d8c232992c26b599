"""The shop, version 3, with a slow tail: the slowest 2 % of the visits take twice as long, all others as before."""

from shoplib import Request, Shop, main, recommendations, warehouse

SLOWEST = 0.02


async def confirm(visit: int, request: Request) -> None:
    """Ask the warehouse again where it took long. Its defect: it takes just as long the second time."""
    if warehouse.rank(visit) >= 1 - SLOWEST:
        await warehouse.ask(visit)


shop = Shop("v3-slow", "Things for the house, and now: confirmed.", "#a53b3b")
recommendations.add_to(shop)
shop.each_visit(confirm)

if __name__ == "__main__":
    main(shop)
