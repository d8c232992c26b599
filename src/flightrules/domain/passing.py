"""What must be true for a stage to pass, judged once, over the whole of its hold.

Counts are summed, histograms merged, gauges averaged over the looks; of what people say the newest counts. Too little
behind a figure is `insufficient`: it neither passes a stage nor fails it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from flightrules.domain import traffic_metrics
from flightrules.domain.figures import duration
from flightrules.domain.limits import Memory, compare, reading_of, services_with
from flightrules.domain.observing import gauges
from flightrules.domain.plan import PERSON, TRAFFIC_METRICS, BaselineLimit, Condition, GrowthLimit, Plan
from flightrules.domain.verdict import ALL, Finding, Observation, Reading, Verdict, worst

JUDGE = "pass"


@dataclass(frozen=True)
class Hold:
    """A hold that has ended: its looks, the first at its start, and those of the release before it.

    The first look opens the counting; from those before only baselines are remembered.
    """

    looks: Sequence[Observation]
    plan: Plan
    before: Sequence[Observation] = ()


def judge(
    passes: Sequence[Condition], looks: Sequence[Observation], plan: Plan, before: Sequence[Observation] = ()
) -> tuple[Verdict, str]:
    """Return the verdict on a hold, all its conditions and services together, and why in words.

    The words are those of the findings that the verdict rests on, joined by semicolons.
    """
    findings = judge_hold(passes, Hold(looks, plan, before))
    verdict = worst(findings)
    return verdict, "; ".join(finding.says for finding in findings if finding.verdict is verdict)


def judge_hold(passes: Sequence[Condition], hold: Hold) -> tuple[Finding, ...]:
    """Return one finding for each of the `pass` conditions and every service that it is about.

    None of them asks for an action: what a failed stage leads to is the stage's own `fail`.
    """
    if not hold.looks:
        return (Finding(JUDGE, Verdict.INSUFFICIENT, "nobody looked during the hold"),)
    return tuple(
        _finding(condition, service, hold)
        for condition in passes
        for service in services_with(condition.metric, hold.looks[-1]) or tuple(hold.looks[-1].roles)
    )


def _finding(condition: Condition, service: str, hold: Hold) -> Finding:
    narrowed = replace(hold, looks=_last(condition.lasting, hold.looks))
    whole = over_hold(condition.metric, service, narrowed)
    unit = hold.plan.metric_units()[condition.metric]
    compared = compare(condition, unit, whole, service, _memory(condition, service, whole, narrowed))
    span = "" if _is_stated(condition.metric, hold.plan) else f" over {duration(_span(narrowed.looks))}"
    return Finding(
        judge=JUDGE,
        verdict=compared.missing or (Verdict.PASS if compared.true else Verdict.FAIL),
        says=f"{compared.says}{span}" if compared.missing is None else compared.says,
        rule_text=condition.text,
        service=service,
    )


def _is_stated(metric: str, plan: Plan) -> bool:
    return any(each.name == metric and each.source == PERSON for each in plan.metrics)


def _span(looks: Sequence[Observation]) -> float:
    return looks[-1].at - looks[0].at


def _last(lasting: float, looks: Sequence[Observation]) -> Sequence[Observation]:
    """Return the looks of the last `lasting` seconds, with the one that opens them; all of them where it is 0."""
    if not lasting:
        return looks
    start = looks[-1].at - lasting
    opening = max((number for number, seen in enumerate(looks) if seen.at <= start), default=0)
    return looks[opening:]


def _memory(condition: Condition, service: str, whole: Observation, hold: Hold) -> Memory:
    """Return the trend within the hold, or the baseline: over the whole hold, or else the last that was read."""
    memory = Memory()
    if isinstance(condition.limit, GrowthLimit):
        for seen in hold.looks:
            memory = memory.after(condition, seen, service)
    if isinstance(condition.limit, BaselineLimit):
        latest_first = (whole, *reversed(hold.looks), *reversed(hold.before))
        each = (memory.after(condition, seen, service) for seen in latest_first)
        memory = next((found for found in each if found.baseline is not None), memory)
    return memory


def over_hold(metric: str, service: str, hold: Hold) -> Observation:
    """Return the hold as if it were a single look: its last one, with readings of `metric` over all of it."""
    if _is_stated(metric, hold.plan):  # what people said last is what they think of all of it
        return hold.looks[-1]
    from_router = metric in TRAFFIC_METRICS and metric not in {gauge.name for gauge in gauges(hold.plan)}
    read = _counted if from_router else _averaged
    last = hold.looks[-1]
    both = () if from_router else tuple(_averaged(metric, ALL, service, hold))
    readings = both or tuple(r for role in last.roles.get(service, {}) for r in read(metric, role, service, hold))
    return replace(last, readings=readings)


def _counted(metric: str, subject: str, service: str, hold: Hold) -> Iterator[Reading]:
    last = hold.looks[-1]
    if service not in last.counters:
        yield from (r for r in last.readings if (r.metric, r.subject, r.service) == (metric, subject, service))
        return
    looks = [seen for seen in hold.looks if service in seen.counters]
    seconds = last.at - looks[0].at
    if 2 * seconds < last.at - hold.looks[0].at:
        why = f"the router was watched for {duration(seconds)} only, half of the hold is needed"
        yield Reading(metric, subject, service, None, Verdict.INSUFFICIENT, why)
        return
    counted = traffic_metrics.counted_in(looks, service, last.roles[service][subject])
    readings = traffic_metrics.readings(service, subject, counted, seconds, hold.plan.window)
    yield from (reading for reading in readings if reading.metric == metric)


def _averaged(metric: str, subject: str, service: str, hold: Hold) -> Iterator[Reading]:
    readings = [r for seen in hold.looks if (r := reading_of(metric, subject, seen, service)) is not None]
    if not readings:
        return
    values = [reading.value for reading in readings if reading.value is not None]
    if values and 2 * len(values) >= len(hold.looks):
        yield Reading(metric, subject, service, sum(values) / len(values))
        return
    unreachable = any(reading.missing is Verdict.UNREACHABLE for reading in readings)
    verdict = Verdict.UNREACHABLE if unreachable else Verdict.INSUFFICIENT
    why = f"{len(values)} of {len(hold.looks)} looks have a value, half of them are needed"
    yield Reading(metric, subject, service, None, verdict, why)
