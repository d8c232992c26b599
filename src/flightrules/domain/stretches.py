"""How long a condition has been true: what `for 5m` means, to the look.

The exact meaning is in `docs/reference/limits.md`; every sentence of it is a test.
"""

from __future__ import annotations

import math
from typing import NamedTuple

SLACK_SHARE, SLACK_SECONDS = 0.1, 1.0


class Stretch(NamedTuple):
    """An unbroken run of looks at which a condition was true, as of the last look.

    `began` is the time of its first look; None while there is no stretch. `last` is the time of the last look
    of any kind, `missed` how many looks in a row, up to it, told nothing. `fired` says whether the rule has
    acted since the condition was last seen false. `calm` is the first of the looks in a row, up to the last one, at
    which the condition was false; None where it was not, or where that is not known.
    """

    began: float | None = None
    last: float | None = None
    missed: int = 0
    fired: bool = False
    calm: float | None = None

    def after(self, true: bool | None, at: float, interval: float) -> Stretch:
        """Return the stretch after one more look; `true` is None where it is not known.

        Looks that the schedule had in between and that never happened count as looks that told nothing.
        """
        skipped = _skipped(self.last, at, interval)
        missed = self.missed + skipped + (1 if true is None else 0)
        if true is False:
            return Stretch(last=at, calm=at if self.calm is None or skipped else self.calm)
        began = None if missed > 1 else self.began
        if true is None:
            return Stretch(began, at, missed, self.fired)
        return Stretch(at if began is None else began, at, 0, self.fired)

    def lasted(self) -> float:
        """Return how many seconds the stretch spans, from its first look to the last one."""
        return 0.0 if self.began is None or self.last is None else self.last - self.began

    def is_long_enough(self, lasting: float, interval: float) -> bool:
        """Return whether a stretch of true looks has lasted for `lasting` seconds.

        Looks are never taken on the dot, so a tenth of the interval, at most a second, may be wanting: twenty
        looks after the first, 15 s apart, are 5 minutes.
        """
        slack = min(SLACK_SHARE * interval, SLACK_SECONDS)
        return self.began is not None and self.lasted() >= lasting - slack

    def is_over(self, lasting: float) -> bool:
        """Return whether the condition has been false for `lasting` seconds, at one look at least."""
        return self.calm is not None and self.last is not None and self.last - self.calm >= lasting


def _skipped(last: float | None, at: float, interval: float) -> int:
    """Return how many looks the schedule had between the last one and this one."""
    if last is None or interval <= 0 or at - last <= 1.5 * interval:
        return 0
    return max(0, math.ceil((at - last) / interval - 1.5))
