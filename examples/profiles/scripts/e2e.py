"""Goes through the site as a user does: `e2e.py 127.0.0.1:8431` prints what could be done as JSON.

It asks the site that runs there: of staging beforehand, of the candidate once it serves.
"""

import http.client
import json
import sys
import time
from typing import Any


def ask(address: str, method: str, path: str, body: dict[str, str] | None = None) -> tuple[int, str]:
    """Return status and text of an answer."""
    connection = http.client.HTTPConnection(address, timeout=10)
    connection.request(method, path, json.dumps(body) if body else None)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def main() -> None:
    """Read the pages, save a profile, read it, rename it, lose the way."""
    address, handle = sys.argv[1], f"e2e-{time.time_ns()}"
    profile = f"/api/profiles/{handle}"
    steps: dict[str, Any] = {
        "the first page is there": "ProoFile" in ask(address, "GET", "/")[1],
        "privacy and terms can be read": all(ask(address, "GET", page)[0] == 200 for page in ("/privacy", "/terms")),
        "the database is there": "connected" in ask(address, "GET", "/health")[1],
        "a profile is saved": ask(address, "POST", "/api/profiles", {"reference": handle, "name": "Anna"})[0] == 201,
        "it can be read": "Anna" in ask(address, "GET", profile)[1],
        "it is renamed": ask(address, "POST", "/api/profiles", {"reference": handle, "name": "Berg"})[0] == 201,
        "nonsense is refused": ask(address, "POST", "/api/profiles", {"name": "Anna"})[0] == 400,
        "what is not there is not there": ask(address, "GET", "/nothing")[0] == 404,
    }
    failed = [step for step, went_well in steps.items() if not went_well]
    share = 100 * (len(steps) - len(failed)) / len(steps)
    print(json.dumps({"steps": len(steps), "failed": len(failed), "share": share, "list": failed}))


if __name__ == "__main__":
    main()
