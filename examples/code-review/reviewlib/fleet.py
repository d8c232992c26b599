"""Owns the AI instances and the healing: an instance is worn out after some reviews, and the monitor repairs it.

While one is repaired the others answer. Where none is left, a review is refused at once rather than late.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from reviewlib.findings import review

INSTANCES = 6
LASTS = 15
"""Reviews after which the context of an instance is full."""
LOOKS_EVERY = 0.05


class NobodyLeft(Exception):
    """Every instance is worn out or being repaired."""


class Instance:
    """One AI instance."""

    def __init__(self) -> None:
        self.context: list[str] = []
        self.in_repair = False

    @property
    def worn_out(self) -> bool:
        """Whether it takes no more reviews."""
        return len(self.context) >= LASTS


class Fleet:
    """The instances, and the monitor that watches them; `repair` is to make one usable again."""

    def __init__(self, repair: Callable[[Instance], None], told: Callable[[bool], None] = lambda worked: None) -> None:
        self.instances = [Instance() for _ in range(INSTANCES)]
        self.repairs = {True: 0, False: 0}
        self._repair, self.told = repair, told
        self._one_at_a_time = threading.Lock()
        self._hands = ThreadPoolExecutor(INSTANCES)
        self._began, self._busy = time.monotonic(), 0.0
        self.monitor = threading.Thread(target=self._watch, daemon=True)

    def review(self, code: str) -> list[str]:
        """Let the first instance that can review `code`. Raises `NobodyLeft`."""
        with self._one_at_a_time:
            instance = next((each for each in self.instances if not (each.worn_out or each.in_repair)), None)
            if instance is None:
                raise NobodyLeft("all AI instances are worn out")
            instance.context.append(code)
        return review(code)

    def state(self) -> dict[str, object]:
        """Return how the healing is doing; shares in percent, `overhead` of one processor."""
        asked = sum(self.repairs.values())
        return {
            "monitor": "running" if self.monitor.is_alive() else "stopped",
            "instances": len(self.instances),
            "usable": sum(not (each.worn_out or each.in_repair) for each in self.instances),
            "repairs": asked,
            "success": 100 * self.repairs[True] / asked if asked else 100.0,
            "overhead": round(100 * self._busy / max(time.monotonic() - self._began, 1.0), 3),
        }

    def _watch(self) -> None:
        while True:
            for instance in self.instances:
                if instance.worn_out and not instance.in_repair:
                    instance.in_repair = True
                    self._hands.submit(self._mend, instance)
            self._busy = time.thread_time()
            time.sleep(LOOKS_EVERY)

    def _mend(self, instance: Instance) -> None:
        try:
            self._repair(instance)
        finally:  # one that could not be repaired is still worn out: the monitor finds it at its next look
            worked = not instance.worn_out
            instance.in_repair = False
            self.repairs[worked] += 1
            self.told(worked)
