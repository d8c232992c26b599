"""From the options of `flight simulate` to a simulation, and from its outcome to what is printed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from flightrules.cli.clean import clean
from flightrules.cli.exits import Exit
from flightrules.cli.failures import BadInput
from flightrules.domain.figures import duration, figure
from flightrules.domain.plan import Plan, Unit
from flightrules.simulation import described as descriptions
from flightrules.simulation.flight import Terms
from flightrules.simulation.flown import End
from flightrules.simulation.forecast import Forecast
from flightrules.simulation.scenario import Usual
from flightrules.simulation.simulation import Described, Simulation

EXITS: Mapping[End, Exit] = {
    End.RELEASED: Exit.DONE,
    End.ROLLED_BACK: Exit.ROLLED_BACK,
    End.SHUT_DOWN: Exit.SHUT_DOWN,
    End.WAITS: Exit.LEFT,
    End.UNDECIDED: Exit.LEFT,
}
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
    seconds = _read("--base-latency", units.duration, median)
    if seconds <= 0:
        raise BadInput(f"--base-latency: no request takes {median}", "write for example `100ms`")
    return Usual(per_second, _read("--base-error-rate", units.percentage, failing), seconds)


def terms(way_back: str, patience: str) -> Terms:
    """Return how long things take. Raises `BadInput`."""
    from flightrules.plan_file import units

    back = _read("--way-back", units.duration, way_back)
    return Terms(way_back=back, patience=_read("--patience", units.duration, patience))


def _read(option: str, read: Callable[[str], float], text: str) -> float:
    from flightrules.plan_file.grammar import GrammarError

    try:
        return read(text)
    except GrammarError as error:
        raise BadInput(f"{option}, column {error.at + 1}: {error.what}", error.hint) from error


def described(plan: Plan, texts: tuple[str, ...], usual: Usual) -> Described:
    """Return the scenario that `texts` describe. Raises `BadInput`."""
    try:
        faults = descriptions.faults(texts, plan, usual)
    except descriptions.BadScenario as error:
        raise BadInput(error.what, error.do, **error.details) from error
    return Described(usual, descriptions.with_levels(faults, plan))


def as_json(simulation: Simulation, chance: Chance) -> Exit:
    """Run, and print one JSON object."""
    import json

    from flightrules.views.as_json import to_json

    flown = simulation.run_many(chance.seed, chance.runs)
    told: dict[str, Any] = {"plan": simulation.plan.name, "scenario": list(said(simulation)), "seed": chance.seed}
    status = EXITS[flown[0].end] if chance.runs == 1 else Exit.DONE
    told |= to_json(flown[0]) if chance.runs == 1 else to_json(Forecast.of(flown))
    typer.echo(json.dumps({**told, "exit_status": int(status)}))
    return status


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
    if not isinstance(readings, Described):
        return []
    usual = readings.usual
    lines = [
        f"{clean(simulation.plan.name)}: {usual.per_second:g} requests a second to each service,"
        f" {figure(100 * usual.failing, Unit.PERCENT)} of them fail, half take at most {duration(usual.median)}"
    ]
    lines += [clean(fault.text) for fault in readings.faults if fault.text]
    return lines if len(lines) > 1 else [*lines, "nothing happens"]
