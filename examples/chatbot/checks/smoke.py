"""A visit to the chatbot that serves: `python3 checks/smoke.py http://127.0.0.1:8410`. Prints JSON.

It talks to the bot like a customer, so it leaves a conversation named `smoke-…` behind.
"""

import json
import sys
import time
import urllib.request
from typing import Any


def ask(url: str, body: Any = None) -> tuple[int, dict[str, str], Any]:
    """Return status, headers and the JSON of an answer. Raises OSError where there is none."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data), timeout=10) as answer:
        return answer.status, dict(answer.headers), json.load(answer)


def main(url: str) -> dict[str, Any]:
    """Return what was found."""
    conversation = f"smoke-{time.time_ns()}"
    begun = time.monotonic()
    status, headers, _ = ask(f"{url}/api/products")
    steps = {"products": status == 200, "no guessing of types": headers.get("x-content-type-options") == "nosniff"}
    for question in ("Do you have lamps?", "And chairs?", "Thank you!"):
        status, _, answer = ask(f"{url}/api/chat", {"text": question, "conversation": conversation})
        steps[question] = status == 201 and question in answer["reply"]
    failed = [step for step, passed in steps.items() if not passed]
    return {"steps": len(steps), "failed": len(failed), "names": failed, "seconds": round(time.monotonic() - begun, 3)}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
