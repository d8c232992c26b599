"""The shop, version 3: every visit is written to an audit log.

Its defect is one that reviews miss and tests with a dozen requests do not see: a connection to the audit log is
given back only after a full batch was sent, and a batch never gets full, because the next visit takes another
connection. The ten pools are of different size: the first runs dry after 300 visits and fails one visit in ten, the
last after 840, and from then on every visit fails. The health check does not pass the audit log and stays green.
"""

from shoplib import Request, Shop, main, recommendations
from shoplib.pool import Pool

AUDIT = [Pool(f"audit-{number}", size=30 + 6 * number) for number in range(10)]


async def audit(visit: int, request: Request) -> None:
    """Write the visit to the audit log."""
    pool = AUDIT[(visit - 1) % len(AUDIT)]
    connection = pool.take()
    if connection.write(f"{visit} {request.method} {request.path}"):
        pool.give_back(connection)


shop = Shop("v3", "Things for the house, and now: every visit is audited.", "#a53b3b")
recommendations.add_to(shop)
shop.each_visit(audit)

if __name__ == "__main__":
    main(shop)
