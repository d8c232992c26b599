"""The shop, version 3, with a leak: what each visitor saw last is kept, and nothing is ever forgotten."""

from shoplib import Request, Shop, main, recommendations

KEPT_A_VISIT = 16 * 1024
SEEN: list[bytes] = []


async def remember(visit: int, request: Request) -> None:
    """Keep what the visitor saw. Its defect: 16 KiB a visit, for ever."""
    SEEN.append(f"{visit} {request.path} ".encode().ljust(KEPT_A_VISIT, b"."))


shop = Shop("v3-leak", "Things for the house, and now: it remembers.", "#a53b3b")
recommendations.add_to(shop)
shop.each_visit(remember)

if __name__ == "__main__":
    main(shop)
