"""Owns what the shop sells, and the waiting: a warehouse system that answers within milliseconds.

How long it takes is lognormal over the visits (median 4 ms, 99 of 100 within 20 ms) and always the same for the
same visit, so that two versions of the shop differ only in what they do themselves.
"""

from __future__ import annotations

import asyncio
import math
from statistics import NormalDist

ITEMS = ("lamp", "chair", "shelf", "sofa", "desk", "rug", "mirror", "vase", "clock", "blanket")
MEDIAN_SECONDS = 0.004
SPREAD = 0.7
GOLDEN = (math.sqrt(5) - 1) / 2


def rank(visit: int) -> float:
    """Return where the wait of `visit` lies among all waits: above 0 (quickest), below 1 (slowest), evenly spread."""
    return min(max(visit * GOLDEN % 1.0, 1e-4), 1 - 1e-4)


def seconds(visit: int) -> float:
    """Return how long the warehouse takes for `visit`."""
    return MEDIAN_SECONDS * math.exp(SPREAD * NormalDist().inv_cdf(rank(visit)))


async def ask(visit: int) -> None:
    """Wait for the warehouse."""
    await asyncio.sleep(seconds(visit))


def find(words: str) -> list[str]:
    """Return the items whose name contains `words`."""
    return [item for item in ITEMS if words.lower() in item]
