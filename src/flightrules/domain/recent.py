"""The looks that the next one can still need, and what happened in the window that ends with it.

Counters are cumulative, so what happened between two looks is mostly one subtraction. Only where a router began to
count anew in between, or was silent, is every look of the window gone through.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import dropwhile

from flightrules.domain import traffic_metrics
from flightrules.domain.counts import ZERO, difference, was_reset
from flightrules.domain.plan import Window
from flightrules.domain.verdict import Bare, Counters, Observation

Counted = Mapping[str, Mapping[str, Counters]]


def anything_was_reset(before: Observation | Bare, after: Observation | Bare) -> bool:
    """Return whether a router counted anew; one that did not answer may have done so in the meantime."""
    if before.counters.keys() != after.counters.keys():
        return True
    return any(
        key in before.counters[service] and was_reset(before.counters[service][key], counted)
        for service, versions in after.counters.items()
        for key, counted in versions.items()
    )


class Recent:
    """Looks in order: all in the window that ended with the last of them, and one before it for each service."""

    def __init__(self, window: Window, looks: Iterable[Observation] = ()) -> None:
        self._window = window
        self._looks: deque[Observation] = deque()
        self._anew_after = float("-inf")
        """The moment of the last look after which something was counted anew."""
        self._last_asked: tuple[Counted, bool] = ({}, False)
        for look in looks:
            self.add(look)

    def __iter__(self) -> Iterator[Observation]:
        return iter(self._looks)

    def add(self, look: Observation) -> None:
        """Add the next look, and forget what no later one can need."""
        if self.begins_anew(look):
            self._anew_after = self._looks[-1].at
        self._looks.append(look)
        start = look.at - self._window.over
        while len(self._looks) > 1 and self._looks[1].at <= start:
            if not self._looks[0].counters.keys() <= self._looks[1].counters.keys():
                return self._forget(start)
            self._looks.popleft()

    def _forget(self, start: float) -> None:
        """Do so where a router was silent: then the look before the window differs from service to service."""
        services = {service for look in self._looks for service in look.counters}
        opening = {id(traffic_metrics.since(start, self._looks, service)[0]) for service in services}
        self._looks = deque(look for look in self._looks if look.at > start or id(look) in opening)

    def begins_anew(self, look: Observation | Bare) -> bool:
        """Return whether a router began to count anew since the last look, or may have; `look` is the one after it."""
        counters, known = self._last_asked
        if look.counters is not counters:
            known = bool(self._looks) and anything_was_reset(self._looks[-1], look)
            self._last_asked = look.counters, known
        return known

    def opening(self, service: str, look: Bare) -> Observation | Bare:
        """Return the look at which the window of `service` begins that ends with `look`, the one after the last.

        With looks further apart than the window, the last one is where it begins: nothing is left unseen.
        """
        start = look.at - self._window.over
        found: Observation | Bare = look
        for each in self._looks:
            if service in each.counters:
                if found is not look and each.at > start:
                    break
                found = each
        return found

    def counted(self, service: str, key: str, opening: Observation | Bare, look: Bare) -> Counters | None:
        """Return what was counted for the version `key` from `opening` to `look`; None where it never was."""
        first, last = opening.counters[service].get(key), look.counters[service].get(key)
        unbroken = self._anew_after < opening.at and not self.begins_anew(look)
        if unbroken and first is not None and last is not None:
            return difference(first, last) if opening is not look else ZERO
        looks = [each for each in dropwhile(lambda each: each is not opening, self._looks) if service in each.counters]
        return traffic_metrics.counted_in((*looks, look), service, key)
