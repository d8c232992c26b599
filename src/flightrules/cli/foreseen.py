"""What each hold of a plan will be able to see, as `flight check` says it: given a rate of requests, or as measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flightrules.cli.places import Place
from flightrules.domain.errors import FlightError
from flightrules.domain.figures import figure, plain
from flightrules.domain.plan import Plan, Unit
from flightrules.domain.terms import NotCompared, Terms

if TYPE_CHECKING:
    from flightrules.domain.comparing.foresight import Foresight, Usual

SUPPOSED_ERROR_RATE = 0.001
"""What part of its requests a service fails of which nobody has measured anything."""


@dataclass(frozen=True)
class Foreseen:
    """What one service will have, and what each hold will see of it; `source` says where its traffic is known from."""

    service: str
    usual: Usual
    source: str
    stages: tuple[Foresight, ...]


def foreseen(plan: Plan, place: Place, requests_per_second: float | None) -> tuple[Foreseen, ...]:
    """Return what is foreseen; nothing where the plan does not compare, or no traffic is known."""
    if isinstance(plan.compare, NotCompared):
        return ()
    if requests_per_second is None and not (place.state / "flight.db").exists():
        return ()
    known = tuple(_traffic(plan, place, requests_per_second))
    from flightrules.domain.comparing.foresight import foresee  # loads numpy

    terms: Terms = plan.compare
    return tuple(Foreseen(name, usual, source, foresee(plan, terms, usual)) for name, usual, source in known)


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
    if not (place.state / "flight.db").exists():
        return None
    from flightrules.cli.desk import opened
    from flightrules.views.usual_traffic import measured

    try:
        with opened(place) as desk:
            return measured(desk.records)
    except FlightError:  # what is wrong with a state is for the commands to say that need one
        return None


def lines(all_foreseen: tuple[Foreseen, ...]) -> Iterator[str]:
    """Yield what is foreseen, in words."""
    for each in all_foreseen:
        rate, fails = figure(each.usual.requests_per_second, Unit.PER_SECOND), _percent(each.usual.error_rate)
        yield f"{each.service} at {rate}, of which {fails} fail ({each.source})"
        for stage in each.stages:
            yield f"  {stage.stage}: {_sees(stage)}"


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
            "stages": [asdict(stage) for stage in each.stages],
        }
        for each in all_foreseen
    ]


def _percent(rate: float) -> str:
    return figure(float(f"{100 * rate:.2g}"), Unit.PERCENT)
