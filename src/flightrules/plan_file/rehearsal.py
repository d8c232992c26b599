"""Reads `rehearsal`: where the plan is rehearsed."""

from __future__ import annotations

from flightrules.domain.rehearsals import Staging
from flightrules.plan_file import values
from flightrules.plan_file.problems import quote
from flightrules.plan_file.shapes import Form
from flightrules.plan_file.values import Slot
from flightrules.plan_file.variables import BESIDE
from flightrules.plan_file.vocabulary import DRILL_BOUNDS, REHEARSAL


def read_staging(slot: Slot) -> Staging | None:
    """Return where the plan is rehearsed; its file need not be there before somebody rehearses."""
    fields = values.fields(slot, REHEARSAL)
    if fields is None:
        return None
    environment = fields.read("environment", _file)
    load = fields.read_or("load", _shell_line, Staging.load)
    bounds = fields.read("bounds", _bounds) or {}
    return Staging(environment, load, bounds) if environment else None


def _bounds(slot: Slot) -> dict[str, float] | None:
    fields = values.fields(slot, DRILL_BOUNDS)
    if fields is None:
        return None
    read = {key.name: fields.read(key.name, values.duration) for key in DRILL_BOUNDS.keys}
    return {name: seconds for name, seconds in read.items() if seconds is not None}


def _shell_line(slot: Slot) -> str | None:
    """Return the line as it stands: its variables are those of staging, which the shell fills in."""
    line = slot.written(Form.TEXT)
    return line.text if line else None


def _file(slot: Slot) -> str | None:
    name = values.text(slot)
    if name is None:
        return None
    if name == BESIDE:
        slot.wrong(f"{quote(name)} holds the variables of production", "name a file of its own, such as staging.env")
    return name
