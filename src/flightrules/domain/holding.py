"""How much of a hold was watched: the time that counts towards `hold: 48h`.

Pure. Time in which the release was paused does not count, and neither does time in which nobody looked.
"""

from __future__ import annotations

from flightrules.domain.verdict import Observation

GAP = 2.5
"""A look later than this many intervals says nothing about the time before it: the hold does not count it."""


def watched(previous: Observation | None, look: Observation, *, paused: bool) -> float:
    """Return the seconds that `look` adds to the hold of its stage.

    `previous` is the look before it, of whichever stage; `paused` says whether the release was paused then.
    """
    if previous is None or previous.stage != look.stage or paused:
        return 0.0
    return min(look.at - previous.at, GAP * max(look.interval, 0.001))
