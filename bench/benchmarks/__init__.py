"""The benchmarks, one a file: the file's name with dashes is the benchmark's.

A benchmark is a module with `TITLE`, a line of words, and `measure`, a coroutine function that takes an `Effort` and
returns its rows. It starts what it needs on free ports in a folder of its own, and ends all of it, also when it fails
or is cancelled.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from typing import Protocol, cast

from bench.effort import Effort
from bench.rows import Row

WHEN_NAMED = frozenset({"analysis-full", "analysis-real"})
"""Those that take too long to be run with all the others."""


class Benchmark(Protocol):
    """What every module beside this one offers."""

    TITLE: str

    async def measure(self, effort: Effort) -> Sequence[Row]:
        """Measure, and return the rows."""


def names() -> tuple[str, ...]:
    """Return the names of all benchmarks."""
    return tuple(sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__)))


def usual() -> tuple[str, ...]:
    """Return the names of those that are run when none is named."""
    return tuple(name for name in names() if name not in WHEN_NAMED)


def load(name: str) -> Benchmark:
    """Return the benchmark with this name, one of `names()`."""
    return cast(Benchmark, importlib.import_module(f"{__name__}.{name.replace('-', '_')}"))
