"""What each hold of a plan will be able to see, as `flight check` says it: given a rate of requests, or as measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flightrules.cli.places import Place
from flightrules.domain import observing
from flightrules.domain.errors import FlightError
from flightrules.domain.figures import figure, plain
from flightrules.domain.plan import TRAFFIC_METRICS, Plan, Unit
from flightrules.domain.terms import Terms
from flightrules.domain.traffic import WHOLE

if TYPE_CHECKING:
    from flightrules.domain.comparing.foresight import Foresight, Usual

SUPPOSED_ERROR_RATE = 0.001
"""What part of its requests a service fails of which nobody has measured anything."""


@dataclass(frozen=True)
class Foreseen:
    """What one service will have, and what each hold will see of it; `source` says where its traffic is known from.

    `stages` is empty where the plan does not compare. `short` has the requests of the candidate in each hold that
    cannot pass in its time: its `pass` takes more of them, `needed`.
    """

    service: str
    usual: Usual
    source: str
    stages: tuple[Foresight, ...]
    short: Mapping[str, int]
    needed: int


def foreseen(plan: Plan, place: Place, requests_per_second: float | None) -> tuple[Foreseen, ...]:
    """Return what is foreseen; nothing where no traffic is known, or nothing is compared and every hold can pass."""
    if requests_per_second is None and not _has_state(place):
        return ()
    known = (_of_service(plan, *each) for each in _traffic(plan, place, requests_per_second))
    return tuple(each for each in known if each.stages or each.short)


def _of_service(plan: Plan, service: str, usual: Usual, source: str) -> Foreseen:
    from flightrules.domain.comparing.foresight import foresee  # loads numpy

    stages = foresee(plan, plan.compare, usual) if isinstance(plan.compare, Terms) else ()
    return Foreseen(service, usual, source, stages, dict(_short(plan, usual)), plan.window.enough)


def _short(plan: Plan, usual: Usual) -> Iterator[tuple[str, int]]:
    """Yield the stages whose hold is over before the candidate has had as many requests as their `pass` takes."""
    gauges = {metric.name for metric in observing.gauges(plan)}
    counted = {*TRAFFIC_METRICS} - gauges - {"request_rate"}
    for stage in plan.stages:
        requests = int(usual.requests_per_second * stage.hold * stage.share.basis_points / WHOLE)
        if requests < plan.window.enough and any(condition.metric in counted for condition in stage.passes):
            yield stage.name, requests


def _traffic(plan: Plan, place: Place, requests_per_second: float | None) -> Iterator[tuple[str, Usual, str]]:
    from dataclasses import replace

    from flightrules.domain.comparing.foresight import Usual

    found = _measured(place)
    for service in plan.services:
        usual = found.usual.get(service.name) if found else None
        if usual is not None and found is not None:
            when = f"measured until {datetime.fromtimestamp(found.until, UTC):%Y-%m-%d %H:%M} UTC"
            given = usual if requests_per_second is None else replace(usual, requests_per_second=requests_per_second)
            yield service.name, given, when
        elif requests_per_second is not None:
            yield service.name, Usual(requests_per_second, SUPPOSED_ERROR_RATE), "supposed"


def _measured(place: Place) -> Any:
    if not _has_state(place):
        return None
    from flightrules.cli.desk import opened
    from flightrules.views.usual_traffic import measured

    try:
        with opened(place) as desk:
            return measured(desk.records)
    except FlightError:  # what is wrong with a state is for the commands to say that need one
        return None


def _has_state(place: Place) -> bool:
    from flightrules.state.folder import is_there

    try:
        return is_there(place.state)
    except FlightError:  # the same
        return False


def lines(all_foreseen: tuple[Foreseen, ...]) -> Iterator[str]:
    """Yield what is foreseen, in words."""
    for each in all_foreseen:
        rate, fails = figure(each.usual.requests_per_second, Unit.PER_SECOND), _percent(each.usual.error_rate)
        yield f"{each.service} at {rate}, of which {fails} fail ({each.source})"
        for stage in each.stages:
            yield f"  {stage.stage}: {_sees(stage)}"
        # Apart from the line about the stage: a plan that does not compare has this warning alone.
        for name, requests in each.short.items():
            yield f"  {name}: warning: {_cannot_pass(requests, each.needed)}"
        if each.stages and not knows_latency(each.usual):
            yield f"  {LATENCY_UNKNOWN}"


LATENCY_UNKNOWN = (
    "latency: not known before a release has measured it; then this says from which slowdown on a hold detects one"
)


def knows_latency(usual: Usual) -> bool:
    """Whether so many requests were timed that slower ones could be told from them."""
    from flightrules.domain.comparing.setting_up import ENOUGH_LATENCIES

    return sum(usual.latency.counts) >= ENOUGH_LATENCIES


def _cannot_pass(requests: int, needed: int) -> str:
    return (
        f"this hold sees {requests:,} requests, its `pass` needs {needed:,} (`enough`): it goes on holding until they"
        " are there; hold longer, or with a larger share"
    )


def _sees(stage: Foresight) -> str:
    requests = f"{stage.requests:,} requests"
    if not stage.compared and not stage.limited:
        return f"{requests}, nothing to compare with and no `limit`: only rules and `pass` look at them"
    if stage.error_rate is None:
        return f"warning: this hold sees {requests}, too few to detect even a candidate that fails all of them"
    found = [f"errors from {_percent(stage.error_rate)}"]
    if stage.tail is not None:
        found.append(f"slowest 2% from {plain(round(stage.tail, 2))}x")
    if stage.whole is not None:
        found.append(f"all from {plain(round(stage.whole, 2))}x")
    alone = "" if stage.compared else " (nothing to compare with)"
    return f"{requests}{alone}, detects {', '.join(found)}"


def as_json(all_foreseen: tuple[Foreseen, ...]) -> list[dict[str, Any]]:
    """Return what is foreseen, JSON-ready; rates from 0 to 1."""
    return [
        {
            "service": each.service,
            "requests_per_second": each.usual.requests_per_second,
            "error_rate": each.usual.error_rate,
            "source": each.source,
            "latency_known": knows_latency(each.usual),
            "too_few_requests_to_pass": dict(each.short),
            "requests_needed_to_pass": each.needed,
            "stages": [asdict(stage) for stage in each.stages],
        }
        for each in all_foreseen
    ]


def _percent(rate: float) -> str:
    return figure(float(f"{100 * rate:.2g}"), Unit.PERCENT)
