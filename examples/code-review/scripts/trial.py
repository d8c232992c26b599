"""Lets one version review code in this process: how quick it is, and whether it heals. `trial.py v1.0.0`"""

import json
import runpy
import statistics
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).parents[1]
CODE = "import os\n\ndef total(rows):\n    try:\n        return sum(rows)\n    except:\n        return eval('0')\n" * 20
REVIEWS = 40
"""Enough to wear two instances out."""
PATIENCE = 20.0


def main() -> None:
    """Review, wait for the repair, print."""
    sys.path.insert(0, str(FOLDER))
    fleet = runpy.run_path(str(FOLDER / "versions" / sys.argv[1] / "app.py"))["fleet"]
    fleet.monitor.start()
    seconds = []
    for _ in range(REVIEWS):
        began = time.perf_counter()
        fleet.review(CODE)
        seconds.append(time.perf_counter() - began)
    give_up = time.monotonic() + PATIENCE
    while not fleet.state()["repairs"] and time.monotonic() < give_up:
        time.sleep(0.05)
    print(json.dumps({**fleet.state(), "p95": statistics.quantiles(seconds, n=20)[-1]}))


if __name__ == "__main__":
    main()
