"""Traces as the peers see them: figures of one minute, as a monitoring system answers them at each minute's end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.analysis.traffic import TICK, Arm, Counts, Floats, Trace

SECONDS = 60.0
"""Length of a window, and how often one is asked for."""

TICKS = round(SECONDS / TICK)


@dataclass(frozen=True)
class Minutes:
    """Both versions in windows of a minute, each of shape (runs, minutes); `bounds` are of the latency buckets."""

    candidate: Arm
    stable: Arm
    bounds: tuple[float, ...]


def minutes(trace: Trace) -> Minutes:
    """Return what was counted in each minute of the hold."""
    return Minutes(_summed(trace.candidate), _summed(trace.stable), trace.bounds)


def error_rates(arm: Arm) -> Floats:
    """Return the part of the requests that are bad in each window, 0 to 1; NaN where there was no request."""
    with np.errstate(invalid="ignore"):
        return np.where(arm.requests > 0, arm.bad / np.maximum(arm.requests, 1), np.nan)


def percentiles(arm: Arm, fraction: float, bounds: tuple[float, ...]) -> Floats:
    """Return the latency in seconds that `fraction` of the requests did not exceed, in each window.

    As Prometheus' `histogram_quantile` documents it: linear inside the bucket, the last finite bound for what lies
    above it, NaN where there was no request.
    """
    below = np.cumsum(arm.latency, axis=2)
    rank = fraction * below[..., -1:]
    bucket = np.minimum((below < rank).sum(axis=2), len(bounds) - 1)[..., None]
    lower = np.array((0.0, *bounds[:-1]))[bucket]
    upper = np.array((*bounds[:-1], bounds[-2]))[bucket]
    inside = np.take_along_axis(arm.latency, bucket, axis=2)
    beneath = np.take_along_axis(below, bucket, axis=2) - inside
    placed = lower + (upper - lower) * (rank - beneath) / np.maximum(inside, 1)
    return np.where(below[..., -1:] > 0, placed, np.nan)[..., 0]


def _summed(arm: Arm) -> Arm:
    return Arm(*(_by_minute(counts) for counts in (arm.requests, arm.bad, arm.latency)))


def _by_minute(counts: Counts) -> Counts:
    runs, ticks, *rest = counts.shape
    summed: Counts = counts.reshape(runs, ticks // TICKS, TICKS, *rest).sum(axis=2)
    return summed


def first(happens: np.ndarray) -> Floats:
    """Return the second at whose minute's end something first happens in each run, infinity where it never does.

    `happens` is of shape (runs, minutes) and says for each minute whether it does.
    """
    return np.where(happens.any(axis=1), SECONDS * (happens.argmax(axis=1) + 1), np.inf)
