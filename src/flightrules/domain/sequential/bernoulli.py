"""Two error rates, compared: the likelihood ratio of an alternative against the closest point of a null hypothesis.

The null says that the candidate's rate is at most (or at least) `ratio` times the stable one's, whatever that is.
It is a convex set, so the likelihood ratio of an alternative to its Kullback-Leibler projection on that set is an
e-value, given how many requests each arm had (Turner, Ly, Gruenwald 2021; Turner, Gruenwald 2023). One file serves
the test for a worse candidate and the mirrored one for a good candidate: only the side of the alternative differs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOWEST_RATE, HIGHEST_RATE = 1e-7, 1 - 1e-6
"""Between these an estimated error rate is kept: at 0 or 1 a single request would decide everything."""


class Counted(NamedTuple):
    """What was counted in a look; each a number or an array of them, at least one request in all."""

    candidate_bad: Floats
    candidate_requests: Floats
    stable_bad: Floats
    stable_requests: Floats


def clipped(rate: Floats) -> Floats:
    """Return estimated rates, kept away from 0 and 1."""
    return np.minimum(np.maximum(rate, LOWEST_RATE), HIGHEST_RATE)


def projected(share: Floats, candidate: Floats, stable: Floats, ratio: float) -> Floats:
    """Return t: of all points (ratio t, t) the one closest to the alternative (`candidate`, `stable`).

    Closest in Kullback-Leibler divergence when a part `share` (0 to 1) of the requests goes to the candidate:
    the smaller root of (r(A+C)+B) t^2 - (A(1+r)+B+C) t + A = 0 with A = w c + (1-w) s, B = w r (1-c),
    C = (1-w)(1-s). All arguments broadcast.
    """
    a = share * candidate + (1 - share) * stable
    b = share * ratio * (1 - candidate)
    c = (1 - share) * (1 - stable)
    square, linear = ratio * (a + c) + b, a * (1 + ratio) + b + c
    # This form of the root loses no digits where the rates are small.
    root = 2 * a / (linear + np.sqrt(np.maximum(linear * linear - 4 * square * a, 0.0)))
    return np.minimum(root, (1 - 1e-9) / ratio)


def growth(share: Floats, candidate: Floats, stable: Floats, ratio: float) -> Floats:
    """Return by how much log E grows a request, on average, when the alternative is true and bet on. At least 0."""
    null = projected(share, candidate, stable, ratio)
    return share * divergence(candidate, ratio * null) + (1 - share) * divergence(stable, null)


def divergence(true: Floats, supposed: Floats) -> Floats:
    """Return the Kullback-Leibler divergence between Bernoulli variables of these rates, in nats."""
    with np.errstate(divide="ignore", invalid="ignore"):
        bad = np.where(true > 0, true * np.log(true / supposed), 0.0)
        good = np.where(true < 1, (1 - true) * np.log((1 - true) / (1 - supposed)), 0.0)
    return bad + good


def log_ratios(counted: Counted, candidate: Floats, stable: Floats, ratio: float) -> Floats:
    """Return the log likelihood ratio of the alternatives (`candidate`, `stable`) for what was `counted`.

    All arguments broadcast. The share is the realised one of these very requests: with a configured share in its
    place the expectation would not be bounded by 1.
    """
    candidate_bad, candidate_requests, stable_bad, stable_requests = counted
    null = projected(candidate_requests / (candidate_requests + stable_requests), candidate, stable, ratio)
    limit = ratio * null
    return (
        candidate_bad * np.log(candidate / limit)
        + (candidate_requests - candidate_bad) * np.log((1 - candidate) / (1 - limit))
        + stable_bad * np.log(stable / null)
        + (stable_requests - stable_bad) * np.log((1 - stable) / (1 - null))
    )
