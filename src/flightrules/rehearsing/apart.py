"""Rehearsals stay apart from production: what only production may touch is refused before anything begins.

Compared is where users reach each service, and where each database is. What production's variables stand for may not be
known in the terminal that rehearses: then it is taken to be something else than on staging, but for what releases of
this state have touched, which is remembered.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from flightrules import plan_file
from flightrules.domain.database_plan import DatabasePlan
from flightrules.domain.errors import FlightError
from flightrules.domain.plan import Plan
from flightrules.plan_file.variables import BESIDE, held, held_in_staging, mentioned
from flightrules.touching import touched

_NUMBER_AT_THE_END = re.compile(r"[0-9]+$")
HIGHEST_TRIED = 60_000
"""A number above it could be no port."""


def refuse_production(
    text: str, file: Path, staged: Plan, environment: Mapping[str, str], known: Collection[str] = ()
) -> None:
    """Raise `FlightError` where the rehearsal `staged` of the plan in `text` would touch what production uses.

    `known` are the marks of what releases of production touched (see `touching`).
    """
    _refuse_its_variables(file, staged)
    same = list(_shared(_production(text, file, staged, environment), staged, known))
    if same:
        staging = staged.rehearsing.environment if staged.rehearsing else ""
        raise FlightError(
            f"a rehearsal would touch production: {'; '.join(same)}",
            f"write a variable there, such as ${{PORT}}, and give it another value in {staging}; nothing was started",
        )


def _refuse_its_variables(file: Path, staged: Plan) -> None:
    named = staged.rehearsing.environment if staged.rehearsing else ""
    if (file.parent / named).resolve() == (file.parent / BESIDE).resolve():
        raise FlightError(
            f"{named} is the file of production's variables", "name a file of its own, such as staging.env"
        )


def _production(text: str, file: Path, staged: Plan, environment: Mapping[str, str]) -> Plan:
    """Return the plan as production has it; a variable without a value here stands for something else than staging."""
    assert staged.rehearsing is not None
    staging = held_in_staging(file.parent / staged.rehearsing.environment)
    known = {name: value for name, value in held(file.parent, environment).items() if value}
    taken = {value for value in staging.values() if value}
    unknown = {name: _other(staging.get(name) or "", taken) for name in mentioned(text) - known.keys()}
    return plan_file.load_text(text, str(file), file.parent, {**unknown, **known})


def _other(value: str, taken: Collection[str]) -> str:
    """Return something of the same form that staging has nowhere: a port stays one, and is not that of a neighbour."""
    number = _NUMBER_AT_THE_END.search(value)
    if number is None:
        return f"{value}-elsewhere"
    before, after = value[: number.start()], int(number.group())
    while (other := f"{before}{after}") in taken:
        after = after % HIGHEST_TRIED + 1
    return other


def _shared(production: Plan, staged: Plan, known: Collection[str]) -> Iterator[str]:
    theirs = {*touched(production), *known}
    yield from (f"{words} in both" for mark, words in touched(staged).items() if mark in theirs)
    for ours in staged.databases:
        if any(_are_alike(ours, other) for other in production.databases):
            yield f"nothing in the plan tells database {ours.name} from that of production"


def _are_alike(ours: DatabasePlan, other: DatabasePlan) -> bool:
    """Whether nothing differs between two databases of which only their commands know where they are."""
    return ours.adapter.kind == other.adapter.kind == "command" and bool(ours.adapter.options == other.adapter.options)
