"""The metrics that follow from a router's counters, and when there is too little behind them to say anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from flightrules.domain import counts
from flightrules.domain.figures import duration
from flightrules.domain.plan import TRAFFIC_METRICS, Window
from flightrules.domain.verdict import Bare, Counters, Observation, Reading, Verdict


def _percentile(fraction: float, counted: Counters) -> float | None:
    return counts.percentile(counted.latency, fraction)


_SHARES: Mapping[str, Callable[[Counters], float | None]] = {
    "error_rate": counts.error_rate,
    "availability": counts.availability,
    "p50": partial(_percentile, 0.50),
    "p95": partial(_percentile, 0.95),
    "p99": partial(_percentile, 0.99),
}


def readings(
    service: str,
    subject: str,
    counted: Counters | None,
    seconds: float,
    window: Window,
    metrics: Iterable[str] = TRAFFIC_METRICS,
) -> list[Reading]:
    """Return one reading of each of `metrics`, from what was counted within `seconds`.

    `counted` is None where the router counted nothing yet. Shares and percentiles need `window.enough`
    requests; `request_rate` needs `window.over` seconds instead, since few requests are what it is to show.
    """
    requests, enough = counted.requests if counted else 0, max(window.enough, 1)
    read = []
    for metric in metrics:
        value, why = None, ""
        if metric == "request_rate":
            value, why = _rate(requests, seconds, window)
        elif counted is None or requests < enough:
            why = f"{requests} requests in {duration(seconds)}, {enough} are needed"
        else:
            value = _SHARES[metric](counted)
            why = "" if value is not None else "the router measured no latencies"
        gap = Verdict.INSUFFICIENT if value is None else None
        read.append(Reading(metric, subject, service, value, gap, why, requests))
    return read


def _rate(requests: int, seconds: float, window: Window) -> tuple[float | None, str]:
    if seconds > 0 and seconds >= window.over:
        return requests / seconds, ""
    return None, f"watched for {duration(seconds)}, {duration(window.over)} are needed"


def missing(
    service: str, subject: str, verdict: Verdict, why: str, metrics: Iterable[str] = TRAFFIC_METRICS
) -> tuple[Reading, ...]:
    """Return a missing reading of each of `metrics`."""
    return tuple(Reading(metric, subject, service, None, verdict, why) for metric in metrics)


def since(start: float, seen: Sequence[Observation], service: str) -> tuple[Observation, ...]:
    """Return the looks that counted for `service`, from the last one at or before `start` on.

    Where none is that old, from the oldest on.
    """
    counted = [observation for observation in seen if service in observation.counters]
    first = 0
    for number, observation in enumerate(counted):
        if observation.at <= start:
            first = number
    return tuple(counted[first:])


def counted_in(looks: Sequence[Observation | Bare], service: str, key: str) -> Counters | None:
    """Return what was counted for the version `key` from the first of `looks` to the last.

    A version that the router did not count yet at the first of them is counted from zero. None where it
    was never counted.
    """
    series = [look.counters[service].get(key) for look in looks]
    if not series or not any(series):
        return None
    known = [counters for counters in series[1:] if counters is not None]
    return counts.over([series[0] or counts.ZERO, *known])
