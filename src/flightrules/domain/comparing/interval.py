"""How exactly a rate of errors is known."""

from __future__ import annotations

import math

NINETY_FIVE = 1.959963984540054
"""The quantile of the normal distribution for an interval that holds the true rate in 95 of 100 cases."""


def wilson(bad: int, requests: int, overdispersion: float = 1.0) -> tuple[float, float]:
    """Return the ends of the 95 % interval of a rate, from 0 to 1, from `bad` of `requests`.

    Wilson (1927), "Probable inference, the law of succession, and statistical inference". Errors that come in
    clusters carry less: the counts are divided by `overdispersion`, at least 1. Without a request: 0 and 1.
    """
    if requests == 0:
        return 0.0, 1.0
    n = requests / max(1.0, overdispersion)
    rate, z2 = min(bad, requests) / requests, NINETY_FIVE**2
    middle = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = NINETY_FIVE / (1 + z2 / n) * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)
