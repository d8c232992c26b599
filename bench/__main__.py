"""The program `python -m bench [NAME …]`: measures, prints the table, keeps the results.

Exit status 0: every target is reached. 1: one is missed, or a benchmark could not be measured. 2: no such benchmark.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from bench import benchmarks, document, rows, table
from bench.circumstances import circumstances, warning
from bench.effort import Effort
from bench.rows import Row

RESULTS = Path(__file__).parent / "results"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that are named, or the usual ones, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure what Flight Rules must reach.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(benchmarks.names())}")
    parser.add_argument(
        "--trial", action="store_const", const=Effort.TRIAL, default=Effort.FULL, dest="effort",
        help="measure a little, to see that it works; keeps no results",
    )  # fmt: skip
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.names) - set(benchmarks.names())
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(benchmarks.names())}")
    # Python would compile every module anew at every start, which nobody who uses it has to wait for.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    good = [run(name, chosen.effort) for name in chosen.names or benchmarks.usual()]
    return 0 if all(good) else 1


def run(name: str, effort: Effort) -> bool:
    """Measure one benchmark, show it, and keep it where it counts; say whether every target is reached."""
    benchmark = benchmarks.load(name)
    table.announce(name, benchmark.TITLE, warning())
    around = circumstances()
    try:
        measured = asyncio.run(_ended_by_signals(benchmark, effort))
    except Exception:  # noqa: BLE001 - one benchmark that cannot be measured must not keep the others from it
        traceback.print_exc()
        return False
    table.show(measured)
    if effort is Effort.FULL:
        rows.write(measured, RESULTS / f"{name}.json")
        document.put(name, measured, around)
    return all(row.holds is not False for row in measured)


async def _ended_by_signals(benchmark: benchmarks.Benchmark, effort: Effort) -> Sequence[Row]:
    """Measure; TERM and HUP cancel it as Ctrl-C does, so that what it started is ended."""
    task = asyncio.ensure_future(benchmark.measure(effort))
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        raise SystemExit(130) from None


if __name__ == "__main__":
    sys.exit(main())
