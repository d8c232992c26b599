"""The tests of the dashboard: `python3 checks/suite.py unit v2`, or `integration`, or `e2e`. Prints JSON."""

import json
import sys
from collections.abc import Callable, Iterator

from running import HERE, ask, dashboard

sys.path.insert(0, str(HERE))

Test = tuple[str, bool]


def unit(version: str) -> Iterator[Test]:
    """Parts by themselves."""
    from dashlib import tiles

    pool = tiles.ideas()
    yield "there are five ideas", len(pool) == 5
    yield "one of them is a wildcard", sum(idea["wildcard"] for idea in pool) == 1
    yield "every idea has a title", all(idea["title"] for idea in pool)


def integration(version: str) -> Iterator[Test]:
    """The dashboard with its database and its providers."""
    with dashboard(version) as url:
        yield "no tile is broken", json.loads(ask(f"{url}/api/health")[2])["broken"] == 0
        articles = {each["sku"]: each for each in json.loads(ask(f"{url}/api/inventory")[2])}
        yield "the reorder point is use times days, and the reserve", articles["wheel"]["reorder_point"] == 31
        yield "what is short is named", json.loads(ask(f"{url}/api/tiles")[2])["inventory"] == ["helmet"]


def e2e(version: str) -> Iterator[Test]:
    """The way of an approval, as a person goes it."""
    with dashboard(version) as url:
        status, _, said = ask(f"{url}/api/approvals", {"title": "Order 20 helmets", "reference": "e2e-1"})
        yield "an approval can be asked for", status == 201
        number = json.loads(said)["number"]
        yield "it is open", '"open"' in ask(f"{url}/api/approvals")[2]
        yield "the page shows it", "Order 20 helmets" in ask(f"{url}/")[2]
        status, _, said = ask(f"{url}/api/approvals/{number}/approved", {"by": "justin"})
        yield "a person decides", status == 200 and json.loads(said)["state"] == "approved"
        yield "nobody decides twice", ask(f"{url}/api/approvals/{number}/rejected", {})[0] == 409
        yield "what has no title is refused", ask(f"{url}/api/approvals", {})[0] == 404


SUITES: dict[str, Callable[[str], Iterator[Test]]] = {"unit": unit, "integration": integration, "e2e": e2e}


def main(suite: str, version: str) -> int:
    """Run one suite on one version."""
    found = list(SUITES[suite](version))
    failed = [what for what, passed in found if not passed]
    for what in failed:
        print(f"failed: {what}", file=sys.stderr)
    print(json.dumps({"passed": len(found) - len(failed), "all": len(found), "failed": len(failed)}))
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
