"""How much more errors vary than independent ones would, estimated from stable against itself.

Retries and one angry user make errors come in clusters; a test that takes them for independent calls back nearly
every healthy release. The variance of a count of clustered errors is phi times that of independent ones, and phi
is what every log increment is divided by. The estimate compares neighbours only: a look with the next one, an
instance with another in the same look. So a rate that moves slowly is not taken for clusters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CAUTIOUS = 3.0
"""What is supposed where too little was seen: one cluster of three errors must not call a release back."""

FEWEST_BAD, FEWEST_PAIRS = 30, 30
MERGED_LOOKS = (1, 2, 4, 8)
"""Clusters may last longer than a look: so many looks are also merged into one, and the largest estimate counts."""


@dataclass(frozen=True)
class Overdispersion:
    """What the errors of stable say about clusters.

    `phi` is at least 1 and to be used; `estimate` is what was measured, None where there was too little: then
    `phi` is `CAUTIOUS`. `bad` errors in `pairs` neighbouring counts stand behind it.
    """

    phi: float
    estimate: float | None
    bad: int
    pairs: int


def between_looks(requests: Sequence[int], bad: Sequence[int]) -> Overdispersion:
    """Return the estimate from consecutive looks at stable: `requests` and `bad` of each, both `[T]`."""
    counted = np.array([requests, bad], dtype=float)
    return _largest([_pairs(_merged(counted, looks)) for looks in MERGED_LOOKS], sum(bad))


def between_instances(requests: Sequence[Sequence[int]], bad: Sequence[Sequence[int]]) -> Overdispersion:
    """Return the estimate from stable's instances at the same looks: `requests` and `bad`, both `[T][instances]`."""
    counted = np.array([requests, bad], dtype=float)
    if counted.ndim != 3:
        return _largest([], 0)
    merged = [np.stack([_merged(each, looks) for each in np.moveaxis(counted, 2, 0)]) for looks in MERGED_LOOKS]
    return _largest([_pairs(np.moveaxis(each, 0, 2).reshape(2, -1)) for each in merged], int(counted[1].sum()))


def _merged(counted: Floats, looks: int) -> Floats:
    whole = counted.shape[1] // looks * looks
    merged: Floats = counted[:, :whole].reshape(2, -1, looks).sum(axis=2)
    return merged


def _pairs(counted: Floats) -> tuple[float, float, int]:
    """Return the variation that there is, the one that independent errors would have, and of how many pairs.

    Of two counts d1 of n1 and d2 of n2 with p = (d1 + d2) / (n1 + n2), the first is (d1 n2 - d2 n1)^2 /
    (n1 n2 (n1 + n2)), the second p (1 - p), unbiased: the two terms of Pearson's chi-squared statistic. They are
    summed before they are divided, since most pairs of a healthy service hold no error at all.
    """
    whole = counted.shape[1] // 2 * 2
    (n1, n2), (d1, d2) = (column[:whole].reshape(-1, 2).T for column in counted)
    heard = (n1 > 0) & (n2 > 0)
    n1, n2, d1, d2 = n1[heard], n2[heard], d1[heard], d2[heard]
    both, rate = n1 + n2, (d1 + d2) / np.maximum(n1 + n2, 1)
    seen = (d1 * n2 - d2 * n1) ** 2 / np.maximum(n1 * n2 * both, 1)
    expected = rate * (1 - rate) * both / np.maximum(both - 1, 1)
    return float(seen.sum()), float(expected.sum()), len(both)


def _largest(measured: Sequence[tuple[float, float, int]], bad: int) -> Overdispersion:
    usable = [each for each in measured if each[2] >= FEWEST_PAIRS and each[1] > 0]
    pairs = max((pairs for _, _, pairs in measured), default=0)
    if bad < FEWEST_BAD or not usable:
        return Overdispersion(CAUTIOUS, None, bad, pairs)
    estimate = max(seen / expected for seen, expected, _ in usable)
    return Overdispersion(max(1.0, estimate) if math.isfinite(estimate) else CAUTIOUS, estimate, bad, pairs)
