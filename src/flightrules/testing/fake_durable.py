"""A durable engine in memory, and crashes wherever a test wants one."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

Json = Mapping[str, Any]


class Crash(BaseException):
    """The process died here. No code of the release sees it: it is no `Exception`."""


class Fate:
    """Counts the moments at which a process may die, and lets it die at the chosen one (from 1)."""

    def __init__(self, dies_at: int | None = None) -> None:
        self.dies_at = dies_at
        self.passed: list[str] = []

    def point(self, name: str) -> None:
        """Pass a moment, or raise `Crash`."""
        self.passed.append(name)
        if len(self.passed) == self.dies_at:
            raise Crash(name)


class FakeDurable:
    """Remembers the results of steps as the real engine does: as JSON, once the body has returned.

    `remembered` outlives the process that died: hand it to the engine of the next one.
    """

    def __init__(self, remembered: dict[str, str] | None = None, fate: Fate | None = None) -> None:
        self.remembered: dict[str, str] = {} if remembered is None else remembered
        self._fate = fate or Fate()

    async def step(self, name: str, body: Callable[[], Coroutine[Any, Any, Json]]) -> Json:
        """Return what is remembered of the step, or carry it out."""
        if name not in self.remembered:
            self._fate.point(f"before {name}")
            result = json.dumps(await body())
            self._fate.point(f"after {name}")
            self.remembered[name] = result
        remembered: Json = json.loads(self.remembered[name])
        return remembered
