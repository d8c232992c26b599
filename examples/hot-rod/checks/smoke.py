"""A visit to the dashboard that serves: `python3 checks/smoke.py http://127.0.0.1:8420`. Prints JSON.

It asks for an approval named `Smoke test …` and decides it, so one more is in the database afterwards.
"""

import json
import sys
import time

from running import ask


def main(url: str) -> dict[str, object]:
    """Return what was found."""
    begun = time.monotonic()
    status, headers, _ = ask(f"{url}/")
    framed = "https://admin.shopify.com" in headers.get("content-security-policy", "")
    steps = {"the page": status == 200, "embedding in Shopify Admin": framed}
    steps["all eight tiles"] = all(value is not None for value in json.loads(ask(f"{url}/api/tiles")[2]).values())
    status, _, said = ask(f"{url}/api/approvals", {"title": f"Smoke test {time.time_ns()}"})
    steps["a test approval"] = status == 201
    number = json.loads(said).get("number")
    steps["a person decides"] = ask(f"{url}/api/approvals/{number}/rejected", {"by": "smoke"})[0] == 200
    failed = [step for step, passed in steps.items() if not passed]
    return {"steps": len(steps), "failed": len(failed), "names": failed, "seconds": round(time.monotonic() - begun, 3)}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
