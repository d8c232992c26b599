"""What the looks of a release add up to: a line per metric and version, and the requests of each version."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flightrules.domain.plan import TRAFFIC_METRICS, Condition, FixedLimit, Plan, Unit
from flightrules.report.data import LimitLine, MetricLine
from flightrules.report.thinning import Thinned
from flightrules.state.observations import Seen
from flightrules.views.comparing import Comparisons

Counts = dict[tuple[str, str], tuple[int, int]]
"""By service and version key: requests, and how many of them went wrong."""

FIRST_OF_ALL = ("error_rate", "p50", "p95", "p99", "request_rate")
"""What everybody looks for; the metrics of the plan follow in its order. Availability says what error_rate says."""


class Looks:
    """Reads every look once, whatever their number, and keeps what a report needs."""

    def __init__(self, looks: Iterable[Seen]) -> None:
        self.until = 0.0
        self.counts: Counts = {}
        self.comparisons = Comparisons()
        self._lines: dict[tuple[str, str], dict[str, Thinned]] = {}
        self._last: Counts = {}
        for look in looks:
            self._add(look)

    def _add(self, look: Seen) -> None:
        self.until = max(self.until, look.at)
        self.comparisons.latencies.add(look.record)
        for reading in look.record.get("readings", ()):
            lines = self._lines.setdefault((reading["service"], reading["metric"]), {})
            lines.setdefault(reading["subject"], Thinned()).add(look.at, reading["value"])
        for service, versions in look.record.get("counters", {}).items():
            for key, counted in versions.items():
                self._count((service, key), (counted["requests"], counted["bad"]))

    def _count(self, version: tuple[str, str], now: tuple[int, int]) -> None:
        """Add what is new. A router that started again counts from zero."""
        before = self._last.get(version, now)
        if now[0] < before[0]:
            before = (0, 0)
        requests, bad = self.counts.get(version, (0, 0))
        self.counts[version] = (requests + now[0] - before[0], bad + now[1] - before[1])
        self._last[version] = now

    def metrics(self, plan: Plan | None) -> tuple[MetricLine, ...]:
        """Return the lines for the charts, those that everybody looks for first."""
        units = plan.metric_units() if plan else TRAFFIC_METRICS
        limits = limits_of(plan) if plan else {}
        shown = [pair for pair in self._lines if pair[1] != "availability" or pair[1] in limits]
        return tuple(
            MetricLine(
                service,
                metric,
                units.get(metric, Unit.NUMBER),
                {part: line.points() for part, line in self._lines[service, metric].items()},
                limits.get(metric, ()),
            )
            for service, metric in sorted(shown, key=lambda pair: (pair[0], _place(pair[1])))
        )


def _place(metric: str) -> int:
    return FIRST_OF_ALL.index(metric) if metric in FIRST_OF_ALL else len(FIRST_OF_ALL)


def limits_of(plan: Plan) -> Mapping[str, tuple[LimitLine, ...]]:
    """Return the limits that the plan sets, by metric, each once: its rules and what its stages want."""
    limits: dict[str, dict[str, LimitLine]] = {}
    for condition, text in _conditions(plan):
        fixed = condition.limit.value if isinstance(condition.limit, FixedLimit) else None
        limits.setdefault(condition.metric, {}).setdefault(text, LimitLine(text, fixed))
    return {metric: tuple(lines.values()) for metric, lines in limits.items()}


def _conditions(plan: Plan) -> Iterator[tuple[Condition, str]]:
    for rule in plan.rules:
        yield rule.condition, f"{rule.condition.text}: {rule.action}"
    for stage in plan.stages:
        for condition in stage.passes:
            yield condition, f"to pass {stage.name}: {condition.text}"
