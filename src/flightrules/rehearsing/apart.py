"""Rehearsals stay apart from production: what only production may touch is refused before anything begins.

Compared is where users reach each service, and where each database is. What production's variables stand for may not be
known on the machine that rehearses: then it is taken to be something else than on staging, and only what the plan says
in plain can be the same.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from flightrules import adapters, plan_file
from flightrules.domain.database_plan import DatabasePlan
from flightrules.domain.errors import FlightError
from flightrules.domain.plan import Plan
from flightrules.plan_file.variables import held, held_in_staging

_MENTIONED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_NUMBER_AT_THE_END = re.compile(r"[0-9]+$")
HIGHEST_TRIED = 60_000
"""A number above it could be no port."""
THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]", "0.0.0.0", "[::]", "")
FOLDER = "rehearsal"
"""The folder of the state of rehearsals, within that of production."""


def refuse_production(text: str, file: Path, staged: Plan, environment: Mapping[str, str]) -> None:
    """Raise `FlightError` where the rehearsal `staged` of the plan in `text` would touch what production uses."""
    same = list(_shared(_production(text, file, staged, environment), staged))
    if same:
        staging = staged.rehearsing.environment if staged.rehearsing else ""
        raise FlightError(
            f"a rehearsal would touch production: {'; '.join(same)}",
            f"write a variable there, such as ${{PORT}}, and give it another value in {staging}; nothing was started",
        )


def _production(text: str, file: Path, staged: Plan, environment: Mapping[str, str]) -> Plan:
    """Return the plan as production has it; a variable without a value here stands for something else than staging."""
    assert staged.rehearsing is not None
    staging = held_in_staging(file.parent / staged.rehearsing.environment)
    known = {name: value for name, value in held(file.parent, environment).items() if value}
    taken = {value for value in staging.values() if value}
    unknown = {name: _other(staging.get(name) or "", taken) for name in set(_MENTIONED.findall(text)) - known.keys()}
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


def _shared(production: Plan, staged: Plan) -> Iterator[str]:
    theirs = {_address(each.router.options.listen) for each in production.services}
    for service in staged.services:
        if _address(service.router.options.listen) in theirs:
            yield f"service {service.name} listens on {service.router.options.listen} in both"
    folder = Path(staged.folder)
    for ours in staged.databases:
        if any(_is_same(ours, other, folder) for other in production.databases):
            yield f"database {ours.name} is the same in both"


def _address(listen: str) -> tuple[str, str]:
    host, _, port = listen.rpartition(":")
    return ("this machine" if host in THIS_MACHINE else host, port)


def _is_same(ours: DatabasePlan, other: DatabasePlan, folder: Path) -> bool:
    """Whether both are one database; where the options do not say which it is, they must differ in something."""
    if ours.adapter.kind != other.adapter.kind:
        return False
    where = adapters.module(adapters.DATABASES, ours.adapter.kind).where
    place = where(ours.adapter.options, folder)
    if place is None:
        return bool(ours.adapter.options == other.adapter.options)
    return bool(place == where(other.adapter.options, folder))
