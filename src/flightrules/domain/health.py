"""How the candidate is doing in service, for people who read it in the morning: what it was asked, what failed, how
fast it was, beside what stable did in the same release; and when such a report falls due.

Pure. Who looks the looks up, puts a report on record and tells people is for others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flightrules.domain import counts, traffic_metrics
from flightrules.domain.comparing.interval import wilson
from flightrules.domain.figures import duration, figure
from flightrules.domain.plan import Look, Unit
from flightrules.domain.verdict import CANDIDATE, STABLE, Counters, Observation

Figures = dict[str, Any]


def due(reports: Sequence[Look]) -> Iterator[float]:
    """Yield when reports fall due, in seconds since the watch began; without end where the last part has none."""
    at = 0.0
    for part in reports:
        while part.until is None or at + part.every <= part.until:
            at += part.every
            yield at


def of_service(service: str, looks: Sequence[Observation], before: Sequence[Observation]) -> Figures:
    """Return the figures of one service, JSON-ready: from the first of `looks` to the last.

    `requests`, `bad`, `rate` with the ends `low` and `high` of its 95 % interval (percent), `p95` (seconds); each of
    the last four is None where there is nothing behind it. `stable` has the same of what stable did from the first
    of `before` to the last, None where there is no stable version or it had no request.
    """
    candidate = _figures(_counted(looks, service, CANDIDATE))
    stable = _figures(_counted(before, service, STABLE))
    names = looks[-1].names if looks else {}
    roles = looks[-1].roles.get(service, {}) if looks else {}
    return {
        "service": service,
        "version": names.get(roles.get(CANDIDATE, ""), "the candidate"),
        **candidate,
        "stable": {"version": names.get(roles.get(STABLE, ""), STABLE), **stable} if stable["requests"] else None,
    }


def _counted(looks: Sequence[Observation], service: str, role: str) -> Counters | None:
    known = [look for look in looks if service in look.counters and role in look.roles.get(service, {})]
    return traffic_metrics.counted_in(known, service, known[-1].roles[service][role]) if known else None


def _figures(counted: Counters | None) -> Figures:
    counted = counted or counts.ZERO
    if not counted.requests:
        return {"requests": 0, "bad": 0, "rate": None, "low": None, "high": None, "p95": None}
    low, high = wilson(counted.bad, counted.requests)
    return {
        "requests": counted.requests,
        "bad": counted.bad,
        "rate": 100 * counted.bad / counted.requests,
        "low": 100 * low,
        "high": 100 * high,
        "p95": counts.percentile(counted.latency, 0.95),
    }


def words(report: Mapping[str, Any]) -> str:
    """Return a report in one sentence.

    `report` has `until` (seconds of the watch) when it fell due, `seen` (seconds) from its first look to its last,
    `services` as `of_service` returns them, and `rules`: how often each fired.
    """
    services = report["services"]
    each = "; ".join(_service(one, f"{one['service']}, " if len(services) > 1 else "") for one in services)
    fired = ", ".join(f"{rule} ({times} times)" if times > 1 else rule for rule, times in report["rules"].items())
    span = duration(report["seen"])
    rules = f"fired: {fired}" if fired else "no rule fired"
    return f"health after {duration(report['until'])} of the watch, over {span}: {each}; {rules}"


def recovery_words(report: Mapping[str, Any]) -> str:
    """Return in one sentence how what serves again did after a way back.

    `report` has `seconds` (how long it was watched), `services` as `of_service` returns them, and the `rules` that came
    true.
    """
    services = report["services"]
    each = "; ".join(_service(one, f"{one['service']}, " if len(services) > 1 else "") for one in services)
    rules = f"came true: {', '.join(report['rules'])}" if report["rules"] else "no rule came true"
    return f"watched for {duration(report['seconds'])} after the way back: {each}; {rules}"


def _service(one: Mapping[str, Any], called: str) -> str:
    name, stable = f"{called}{one['version']}", one["stable"]
    if not one["requests"]:
        return f"{name} had no request"
    errors = f"{_percent(one['rate'])} errors (between {_percent(one['low'])} and {_percent(one['high'])}"
    beside = f"; {stable['version']} had {_percent(stable['rate'])}" if stable else ""
    return f"{name} {one['requests']} requests, {errors}{beside}){_latency(one, stable)}"


def cells(one: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Return the version, its requests, its errors with their interval, and its p95, each in words."""
    if not one["requests"]:
        return one["version"], "0", "", ""
    errors = f"{_percent(one['rate'])} ({_percent(one['low'])} to {_percent(one['high'])})"
    return one["version"], str(one["requests"]), errors, "" if one["p95"] is None else _seconds(one["p95"])


def _latency(one: Mapping[str, Any], stable: Mapping[str, Any] | None) -> str:
    if one["p95"] is None:
        return ""
    beside = f" ({stable['version']}: {_seconds(stable['p95'])})" if stable and stable["p95"] is not None else ""
    return f", p95 {_seconds(one['p95'])}{beside}"


def _percent(value: float) -> str:
    return figure(float(f"{value:.2g}"), Unit.PERCENT)


def _seconds(value: float) -> str:
    return figure(float(f"{value:.3g}"), Unit.SECONDS)
