"""Runs the checks of the site, and prints how many passed as JSON; the log goes to stderr."""

import io
import json
import sys
import unittest
from pathlib import Path

FOLDER = Path(__file__).parents[1]


def main() -> None:
    """Run, print."""
    sys.path.insert(0, str(FOLDER))
    log = io.StringIO()
    ended = unittest.TextTestRunner(log).run(unittest.defaultTestLoader.discover(str(FOLDER / "tests")))
    sys.stderr.write(log.getvalue())
    failed = len(ended.failures) + len(ended.errors)
    share = 100 * (ended.testsRun - failed) / max(ended.testsRun, 1)
    print(json.dumps({"checks": ended.testsRun, "failed": failed, "share": share}))


if __name__ == "__main__":
    main()
