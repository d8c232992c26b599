"""Runs the tests, and measures how much of the platform they reach. Prints both as JSON; the log goes to stderr."""

import dis
import io
import json
import sys
import threading
import trace
import unittest
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

FOLDER = Path(__file__).parents[1]
MEASURED = sorted(path for path in (FOLDER / "reviewlib").glob("*.py") if path.name != "service.py")
"""The HTTP side is measured where it is asked: `scripts/smoke.py` goes through its routes."""


def lines_of(code: CodeType) -> Iterator[int]:
    """Yield the lines on which something can be executed."""
    yield from (line for _, line in dis.findlinestarts(code) if line)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from lines_of(constant)


def run(log: io.StringIO) -> unittest.TestResult:
    """Run all tests; what they import is measured too."""
    suite = unittest.defaultTestLoader.discover(str(FOLDER / "tests"))
    return unittest.TextTestRunner(log, verbosity=2).run(suite)


def main() -> None:
    """Run, measure, print."""
    sys.path.insert(0, str(FOLDER))
    watched = trace.Trace(count=1, trace=0, ignoredirs=[sys.prefix, sys.base_prefix])
    log = io.StringIO()
    threading.settrace(watched.globaltrace)
    ended = watched.runfunc(run, log)
    sys.stderr.write(log.getvalue())
    reached = {(file, line) for file, line in watched.results().counts}
    wanted = {(str(p), line) for p in MEASURED for line in lines_of(compile(p.read_text(), str(p), "exec"))}
    failed = len(ended.failures) + len(ended.errors)
    coverage = round(100 * len(wanted & reached) / len(wanted), 1)
    print(json.dumps({"tests": ended.testsRun, "failed": failed, "coverage": coverage}))


if __name__ == "__main__":
    main()
