"""Runs one suite against one version and prints what came of it as JSON: `python3 tests/run.py unit v2`.

Exit status 1 where a test failed. The unit tests say too how much of the code they reach.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
import unittest
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

TESTS = Path(__file__).parent
CODE = TESTS.parent / "chatlib"
SUITES = ("unit", "integration", "end_to_end", "benchmark")


class Reached:
    """The lines of the code that were run."""

    def __init__(self) -> None:
        self._lines: set[tuple[str, int]] = set()

    def __call__(self, frame: FrameType, event: str, _: Any) -> Reached | None:
        """Take note of a line, as `sys.settrace` has it."""
        if not frame.f_code.co_filename.startswith(str(CODE)):
            return None
        self._lines.add((frame.f_code.co_filename, frame.f_lineno))
        return self

    def percent(self) -> float:
        """Return how much of the code that is."""
        there = {
            (str(path), line) for path in CODE.glob("*.py") for line in lines(compile(path.read_text(), path, "exec"))
        }
        return round(100 * len(there & self._lines) / len(there), 1)


def lines(code: CodeType) -> set[int]:
    """Return every line of a piece of code on which something is done."""
    own = {line for _, _, line in code.co_lines() if line}
    return own.union(*(lines(inner) for inner in code.co_consts if isinstance(inner, CodeType)))


def main(suite: str, version: str) -> int:
    """Run it."""
    os.environ["VERSION"] = version
    sys.path[:0] = [str(TESTS), str(TESTS.parent)]
    reached = Reached()
    if suite == "unit":
        sys.settrace(reached)
        threading.settrace(reached)
    tests = unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(suite))
    result = unittest.TextTestRunner(sys.stderr, verbosity=2).run(tests)
    sys.settrace(None)
    bad, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    passed = result.testsRun - bad - skipped
    share = round(100 * passed / max(passed + bad, 1), 1)
    counts: dict[str, float] = {"passed": passed, "failed": bad, "skipped": skipped, "share": share}
    if suite == "unit":
        counts["coverage"] = reached.percent()
    print(json.dumps(counts))
    return 1 if bad else 0


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in SUITES:
        sys.exit(f"write: python3 tests/run.py SUITE VERSION, where SUITE is one of {', '.join(SUITES)}")
    sys.exit(main(sys.argv[1], sys.argv[2]))
