"""From the words of a scenario to faults that fit a plan, or to what is wrong with the words.

Says of each mistake at which character it stands and what to write instead. The units are those of the plan: what is a
size there is a size here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flightrules.domain.errors import FlightError
from flightrules.domain.observing import gauges
from flightrules.domain.plan import TRAFFIC_METRICS, Comparison, FixedLimit, GrowthLimit, Limit, Plan, Unit
from flightrules.domain.verdict import CANDIDATE, STABLE, TRAFFIC
from flightrules.plan_file import scenario_text, units
from flightrules.plan_file.grammar import Claim, GrammarError, Quantity
from flightrules.plan_file.problems import did_you_mean
from flightrules.plan_file.scenario_text import (
    Change,
    DownText,
    Factor,
    Growth,
    Leak,
    Outage,
    Reads,
    ScenarioText,
    TrafficText,
    Who,
    Word,
)
from flightrules.simulation.faults import BOTH, Down, Effect, Fails, Fault, Grows, Level, Times, Traffic, Whom
from flightrules.simulation.latencies import Curve, Slower
from flightrules.simulation.scenario import Usual

OUTAGE = 0.6
"""The part of the requests that fails in a dependency outage where nothing else is said."""

ROLES = {"candidate": (CANDIDATE,), "stable": (STABLE,), "both": BOTH}
LATENCY = "latency"
SLOWEST = {LATENCY: 1.0, "p50": 1.0, "p95": 0.1, "p99": 0.02}
"""Which part of the requests `2x` slows where nothing else is said: twice what stands at the middle of a tail."""

EXAMPLES = {
    Unit.PERCENT: "5%",
    Unit.SECONDS: "500ms",
    Unit.PER_SECOND: "100/s",
    Unit.BYTES: "512 MB",
    Unit.NUMBER: "80",
}
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


class BadScenario(FlightError):
    """A described scenario that cannot be understood, or does not fit the plan."""


def faults(texts: Iterable[str], plan: Plan, usual: Usual) -> tuple[Fault, ...]:
    """Return what the descriptions say, all together. Raises `BadScenario`."""
    return tuple(fault for text in texts for fault in _understood(text, plan, usual))


def _understood(text: str, plan: Plan, usual: Usual) -> tuple[Fault, ...]:
    try:
        return _fault(scenario_text.scenario(text), text, _Meant(plan, usual))
    except GrammarError as error:
        what = f"--scenario, column {error.at + 1}: {error.what}"
        raise BadScenario(what, error.hint, text=text, column=error.at + 1) from error


def _fault(read: ScenarioText, text: str, meant: _Meant) -> tuple[Fault, ...]:
    if read.happens is None:
        return ()
    effect, whom = meant.happening(read.happens)
    stage, after = None, 0.0
    if read.beginning is not None:
        stage = meant.stage(read.beginning.stage) if read.beginning.stage else None
        after = units.seconds(read.beginning.after) if read.beginning.after else 0.0
    lasting = units.seconds(read.lasting) if read.lasting else None
    if read.lasting and lasting == 0:
        raise GrammarError(read.lasting.at, "`for 0s` lasts no time", "leave `for` out: then it lasts to the end")
    return (Fault(effect, whom, stage, after, lasting, " ".join(text.split())),)


class _Meant:
    """What words mean for one plan."""

    def __init__(self, plan: Plan, usual: Usual) -> None:
        self._plan = plan
        self._usual = usual
        self._own = {metric.name: metric.unit for metric in gauges(plan)}

    def happening(self, happens: Any) -> tuple[Effect, Whom]:
        """Return what happens, and to whom."""
        match happens:
            case Reads():
                return self._reads(happens.metric, happens.change), self._whom(happens.who)
            case Outage(failing=failing):
                return Fails(OUTAGE if failing is None else units.part(failing)), Whom()
            case Leak(by=by):
                memory = Word("memory", by.at)
                return self._own_metric(memory, Growth(by)), Whom((CANDIDATE,))
            case TrafficText(change=change):
                return Traffic(_times(change)), Whom()
            case DownText(metric=metric, service=service):
                return Down(self._source(metric)), Whom(BOTH, self._service(service))
            case _:
                raise AssertionError(happens)

    def stage(self, word: Word) -> str:
        """Return the name of a stage of the plan."""
        return _one_of(word, [stage.name for stage in self._plan.stages], "a stage of this plan")

    def _whom(self, who: Who) -> Whom:
        role = _one_of(who.role, ROLES, "a version; the versions are `candidate`, `stable` and `both`")
        return Whom(ROLES[role], self._service(who.service))

    def _service(self, word: Word | None) -> str | None:
        return _one_of(word, [each.name for each in self._plan.services], "a service of this plan") if word else None

    def _source(self, word: Word) -> str:
        if word.text in TRAFFIC_METRICS or word.text == "router":
            return TRAFFIC
        return _one_of(
            word, [TRAFFIC, *self._own], "a metric with a source of its own; that of the router is `traffic`"
        )

    def _reads(self, metric: Word, change: Change) -> Effect:
        if metric.text in SLOWEST:
            return self._slower(metric, change)
        if metric.text in ("error_rate", "availability"):
            return self._fails(metric, change)
        if metric.text == "request_rate":
            hint = "write for example `traffic drops to 20%`"
            raise GrammarError(metric.at, "how many requests there are is not up to one version", hint)
        known = [*SLOWEST, "error_rate", "availability", *self._own]
        _one_of(metric, known, "a metric that a scenario can change")
        return self._own_metric(metric, change)

    def _fails(self, metric: Word, change: Change) -> Fails:
        usual = self._usual.failing if metric.text == "error_rate" else 1 - self._usual.failing
        match change:
            case Quantity():
                part = units.part(change)
            case Factor(times=times, slowest=None):
                part = min(1.0, usual * float(times.factor))
            case _:
                raise GrammarError(
                    metric.at, f"{metric.text} cannot change like that", f"write `{metric.text} of … 3%`"
                )
        return Fails(part if metric.text == "error_rate" else 1 - part)

    def _slower(self, metric: Word, change: Change) -> Slower:
        match change:
            case Factor(times=times, slowest=slowest) if times.factor > 0:
                part = SLOWEST[metric.text] if slowest is None else units.part(slowest)
                return Slower(float(times.factor), part)
            case Quantity() if metric.text in QUANTILES:
                wanted = _in_unit(metric, change, Unit.SECONDS)
                if wanted > 0:
                    return Slower(wanted / Curve(self._usual.median).quantile(QUANTILES[metric.text]))
        hint = "write for example `latency of candidate 2x`, `latency of candidate 3x on the slowest 2%` or"
        raise GrammarError(metric.at, f"{metric.text} cannot change like that", f"{hint} `p95 of candidate 800ms`")

    def _own_metric(self, metric: Word, change: Change) -> Effect:
        unit = self._own.get(metric.text)
        if unit is None:
            hint = f"add it to `metrics`, or take one of these: {', '.join(self._own) or 'there is none'}"
            raise GrammarError(metric.at, f"this plan measures no `{metric.text}`", hint)
        match change:
            case Quantity():
                return Level(metric.text, _in_unit(metric, change, unit))
            case Factor(times=times, slowest=None):
                return Times(metric.text, float(times.factor))
            case Growth(by=by):
                return _growth(metric, by, unit)
        hint = f"write for example `{metric.text} of candidate 2x`"
        raise GrammarError(metric.at, f"only latencies have a slowest part, {metric.text} has none", hint)


def _one_of(word: Word, known: Iterable[str], called: str) -> str:
    names = list(known)
    if word.text not in names:
        raise GrammarError(word.at, f"`{word.text}` is not {called}", did_you_mean(word.text, names))
    return word.text


def _limit(metric: Word, value: Quantity, unit: Unit, example: str, growing: bool = False) -> Limit:
    """Return `value` as the limit of a condition has it: the same words, the same units, the same mistakes."""
    claim = Claim(metric.text, metric.at, Comparison.ABOVE, value, None, growing)
    try:
        return units.condition(claim, unit, "").limit
    except GrammarError as error:
        hint = f"write for example `{metric.text} of candidate {example}`"
        raise GrammarError(error.at, error.what, hint) from error


def _in_unit(metric: Word, value: Quantity, unit: Unit) -> float:
    limit = _limit(metric, value, unit, EXAMPLES[unit])
    assert isinstance(limit, FixedLimit)
    return limit.value


def _growth(metric: Word, by: Quantity, unit: Unit) -> Grows:
    limit = _limit(metric, by, unit, "grows 2% per hour", growing=True)
    assert isinstance(limit, GrowthLimit)
    return Grows(metric.text, limit.percent, limit.per_seconds)


def _times(change: Change) -> float:
    match change:
        case Quantity():
            return units.part(change)
        case Factor(times=times, slowest=None):
            return float(times.factor)
        case Factor(times=times):
            at = times.at
        case Growth(by=by):
            at = by.at
    raise GrammarError(
        at, "traffic cannot change like that", "write for example `traffic drops to 20%` or `traffic 3x`"
    )


def with_levels(found: tuple[Fault, ...], plan: Plan) -> tuple[Fault, ...]:
    """Return the faults, with a level for each metric that changes from one that nobody gave.

    It is 100 of the metric's unit (100 MB for a size): for a growth in percent any level will do.
    """
    given = {fault.effect.metric for fault in found if isinstance(fault.effect, Level)}
    changed = {fault.effect.metric for fault in found if isinstance(fault.effect, Times | Grows)}
    sizes = {metric.name: 1e8 if metric.unit is Unit.BYTES else 100.0 for metric in plan.metrics}
    return (*(Fault(Level(name, sizes[name])) for name in sorted(changed - given)), *found)
