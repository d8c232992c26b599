"""From the options of `flight simulate` to a simulation, and from its outcome to what is printed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flightrules.cli.clean import clean
from flightrules.cli.exits import Exit
from flightrules.cli.failures import BadInput
from flightrules.domain.figures import duration, figure
from flightrules.domain.plan import Plan, Unit
from flightrules.simulation.flight import Terms
from flightrules.simulation.flown import End
from flightrules.simulation.forecast import Forecast
from flightrules.simulation.recording import Recording
from flightrules.simulation.scenario import Usual
from flightrules.simulation.simulation import Described, Readings, Simulation

EXITS: Mapping[End, Exit] = {
    End.RELEASED: Exit.DONE,
    End.ROLLED_BACK: Exit.ROLLED_BACK,
    End.SHUT_DOWN: Exit.SHUT_DOWN,
    End.WAITS: Exit.LEFT,
    End.UNDECIDED: Exit.LEFT,
}
STARTING = 30.0
"""Seconds that building and starting a candidate takes where nobody says."""

_MENTIONED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True)
class Chance:
    """With which seed to begin, and how many runs to try."""

    seed: int
    runs: int


def plan_to_fly(file: Path) -> Plan:
    """Return the plan in `file`. A variable without a value is no obstacle: nothing is asked and nothing is built."""
    from flightrules import plan_file
    from flightrules.plan_file import source
    from flightrules.plan_file.problems import Notes

    text = source.read(file, Notes(str(file)))
    unset = dict.fromkeys(_MENTIONED.findall(text), "unset")
    return plan_file.load_text(text, str(file), file.parent, {**unset, **os.environ})


def usual(per_second: float, failing: str, median: str) -> Usual:
    """Return what is so while nothing happens. Raises `BadInput`."""
    from flightrules.plan_file import units

    if not 0 < per_second < 1e9:
        raise BadInput(f"--requests-per-second {per_second:g} is no traffic", "write for example 100")
    seconds = read_option("--base-latency", units.duration, median)
    if seconds <= 0:
        raise BadInput(f"--base-latency: no request takes {median}", "write for example `100ms`")
    return Usual(per_second, read_option("--base-error-rate", units.percentage, failing), seconds)


def terms(readings: Readings, starting: str | None, way_back: str, patience: str) -> Terms:
    """Return how long things take; starting as long as in what was recorded. Raises `BadInput`."""
    from flightrules.plan_file import units

    usual = readings.alone if isinstance(readings, Recording) else STARTING
    return Terms(
        start=usual if starting is None else read_option("--starting", units.duration, starting),
        way_back=read_option("--way-back", units.duration, way_back),
        patience=read_option("--patience", units.duration, patience),
    )


def read_option(option: str, read: Callable[[str], float], text: str) -> float:
    """Return what `read` makes of the text of an option. Raises `BadInput` with the column."""
    from flightrules.plan_file.grammar import GrammarError

    try:
        return read(text)
    except GrammarError as error:
        raise BadInput(f"{option}, column {error.at + 1}: {error.what}", error.hint) from error


def require_one_source(
    release: str | None, scenario: list[str] | None, counts: Path | None, prometheus: str | None
) -> None:
    """Raise `BadInput` where readings would come from several places."""
    given = {"RELEASE": release, "--scenario": scenario, "--counts": counts, "--prometheus": prometheus}
    named = [name for name, value in given.items() if value]
    if len(named) > 1:
        raise BadInput(f"{' and '.join(named)} do not go together", "name one place where the readings come from")


def service_of(plan: Plan, name: str | None) -> str:
    """Return the service that is named, or the only one. Raises `BadInput`."""
    from flightrules.plan_file.problems import did_you_mean

    known = [service.name for service in plan.services]
    if name is None and len(known) == 1:
        return known[0]
    if name not in known:
        what = f"`{name}` is not a service of this plan" if name else "the plan has several services"
        raise BadInput(what, did_you_mean(name or "", known, f"name one with --service: {', '.join(known)}"))
    return name


def as_json(simulation: Simulation, chance: Chance) -> Exit:
    """Run, and print one JSON object."""
    from flightrules.cli import one_object
    from flightrules.views.as_json import to_json

    flown = simulation.run_many(chance.seed, chance.runs)
    told: dict[str, Any] = {"plan": simulation.plan.name, "scenario": list(said(simulation)), "seed": chance.seed}
    status = EXITS[flown[0].end] if chance.runs == 1 else Exit.DONE
    told |= to_json(flown[0]) if chance.runs == 1 else to_json(Forecast.of(flown))
    return one_object.tell(told, status)


def as_picture(simulation: Simulation, chance: Chance) -> Exit:
    """Run, and draw what came of it."""
    from flightrules.cli.drawing.flown import ForecastPicture, Picture
    from flightrules.cli.screens import drawing_console

    flown = simulation.run_many(chance.seed, chance.runs)
    lines = tuple(said(simulation))
    if chance.runs > 1:
        drawing_console().print(ForecastPicture(Forecast.of(flown), lines))
        return Exit.DONE
    drawing_console().print(Picture(flown[0], lines))
    return EXITS[flown[0].end]


def said(simulation: Simulation) -> list[str]:
    """Return in words what is simulated."""
    readings = simulation.readings
    if isinstance(readings, Recording):
        told = [f"{clean(simulation.plan.name)}: {clean(line)}" for line in readings.told]
        return [*told, *_people(simulation.plan)]
    assert isinstance(readings, Described)
    usual = readings.usual
    lines = [
        f"{clean(simulation.plan.name)}: {usual.per_second:g} requests a second to each service,"
        f" {figure(100 * usual.failing, Unit.PERCENT)} of them fail, half take at most {duration(usual.median)}"
    ]
    lines += [clean(fault.text) for fault in readings.faults if fault.text]
    return [*(lines if len(lines) > 1 else [*lines, "nothing happens"]), *_people(simulation.plan)]


def _people(plan: Plan) -> list[str]:
    """Return what is assumed of people."""
    return ["no severity is declared by hand, and nobody answers what is asked about one"] if plan.severities else []
