"""Rehearsals stay apart from production: what only production may touch is refused before anything begins.

Compared is where users reach each service, and where each database is: as it is written, and as it is found, since two
addresses may lead to one server. What production's variables stand for may not be known in the terminal that rehearses:
then it is taken to be something else than on staging, but for what releases of this state have touched, which is
remembered.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from flightrules import plan_file
from flightrules.domain.database_plan import DatabasePlan
from flightrules.domain.errors import FlightError
from flightrules.domain.plan import Plan
from flightrules.plan_file.variables import BESIDE, held, held_in_staging, mentioned
from flightrules.ports.options import texts_in
from flightrules.rehearsing.environment import of_staging
from flightrules.touching import found, touched

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
    production, _ = _production(text, file, staged, environment)
    theirs = {*touched(production, environment), *known}
    ours = touched(staged, of_staging(_variables_of(file, staged), environment))
    _refuse([*_in_both(ours, theirs), *_alike(production, staged)], staged)


async def found_of_production(text: str, file: Path, staged: Plan, environment: Mapping[str, str]) -> set[str]:
    """Return the marks of production's databases as they are found from this terminal, as far as they are.

    They are asked who they are and nothing else. One is left out whose variables have no value here.
    """
    production, unknown = _production(text, file, staged, environment)
    known = [each for each in production.databases if not _hold(each, unknown)]
    return set(await found(known, file.parent))


async def refuse_what_is_found(staged: Plan, theirs: Collection[str]) -> None:
    """Raise `FlightError` where a database of staging is found to be one of production, by the marks of those.

    The environment of this process has to be that of staging by now.
    """
    _refuse(_in_both(await found(staged.databases, Path(staged.folder)), theirs), staged)


def _refuse(same: Iterable[str], staged: Plan) -> None:
    if told := "; ".join(dict.fromkeys(same)):
        staging = staged.rehearsing.environment if staged.rehearsing else ""
        raise FlightError(
            f"a rehearsal would touch production: {told}",
            f"write a variable there, such as ${{PORT}}, and give it another value in {staging}; nothing was started",
        )


def _variables_of(file: Path, staged: Plan) -> Path:
    assert staged.rehearsing is not None
    return file.parent / staged.rehearsing.environment


def _refuse_its_variables(file: Path, staged: Plan) -> None:
    ours, theirs = _variables_of(file, staged), file.parent / BESIDE
    if ours.resolve() == theirs.resolve() or (ours.exists() and theirs.exists() and ours.samefile(theirs)):
        raise FlightError(
            f"{staged.rehearsing.environment if staged.rehearsing else ours} is the file of production's variables",
            "name a file of its own, such as staging.env",
        )


def _production(text: str, file: Path, staged: Plan, environment: Mapping[str, str]) -> tuple[Plan, set[str]]:
    """Return the plan as production has it, and what stands in it for variables without a value here.

    That is something else than on staging.
    """
    staging = held_in_staging(_variables_of(file, staged))
    known = {name: value for name, value in held(file.parent, environment).items() if value}
    taken = {value for value in staging.values() if value}
    unknown = {name: _other(staging.get(name) or "", taken) for name in mentioned(text) - known.keys()}
    return plan_file.load_text(text, str(file), file.parent, {**unknown, **known}), set(unknown.values())


def _hold(each: DatabasePlan, unknown: Collection[str]) -> bool:
    return any(value in text for text in texts_in(each.adapter.options) for value in unknown)


def _other(value: str, taken: Collection[str]) -> str:
    """Return something of the same form that staging has nowhere: a port stays one, and is not that of a neighbour."""
    number = _NUMBER_AT_THE_END.search(value)
    if number is None:
        return f"{value}-elsewhere"
    before, after = value[: number.start()], int(number.group())
    while (other := f"{before}{after}") in taken:
        after = after % HIGHEST_TRIED + 1
    return other


def _in_both(ours: Mapping[str, str], theirs: Collection[str]) -> list[str]:
    return [f"{words} in both" for mark, words in ours.items() if mark in theirs]


def _alike(production: Plan, staged: Plan) -> Iterator[str]:
    for ours in staged.databases:
        if any(_are_alike(ours, other) for other in production.databases):
            yield f"nothing in the plan tells database {ours.name} from that of production"


def _are_alike(ours: DatabasePlan, other: DatabasePlan) -> bool:
    """Whether nothing differs between two databases of which only their commands know where they are."""
    return ours.adapter.kind == other.adapter.kind == "command" and bool(ours.adapter.options == other.adapter.options)
