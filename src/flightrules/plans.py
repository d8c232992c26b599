"""The plan of a recorded release: as it was when the release began, whatever the file says by now.

The record keeps the plan's text, in which `${NAME}` stands as it was written; the values come from the environment
of whoever goes on with the release.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from flightrules import plan_file
from flightrules.domain import unset
from flightrules.domain.errors import SourceUnreachable
from flightrules.domain.plan import Plan
from flightrules.domain.rehearsals import Rehearsing
from flightrules.domain.rehearsed import rehearsed
from flightrules.plan_file.problems import PlanProblems
from flightrules.plan_file.variables import StandIn, held, held_in_staging, mentioned
from flightrules.state.releases import Release


def to_carry_out(release: Release, file: Path, environment: Mapping[str, str]) -> Plan:
    """Return the plan of `release` with every variable filled in. Raises `PlanProblems` where one is not set.

    `file` is where the plan lies: what it names is found beside it, and messages speak of it.
    """
    return _read(release, file, environment)


def to_go_back(release: Release, file: Path, environment: Mapping[str, str]) -> Plan:
    """Return the plan of `release` for a way back: a variable without a value stops only what uses it.

    Raises `PlanProblems` where one is missing that every act needs, such as where the router listens.
    """
    return _read(release, file, environment, unset.stand_in)


def to_look_at(release: Release, file: Path, environment: Mapping[str, str]) -> Plan:
    """Return the plan of `release` for reading only: a variable that is not set is no obstacle to looking."""
    rehearsing = release.rehearsing
    if rehearsing is not None:
        environment = _set_in_staging(file.parent / rehearsing.environment)
    known = _set(file.parent, environment)

    def read(unset: str) -> Plan:
        stands = dict.fromkeys(mentioned(release.plan_text), unset)
        return plan_file.load_text(release.plan_text, str(file), file.parent, {**stands, **known})

    try:
        plan = read("unset")
    except PlanProblems:  # what is a number, such as a port, cannot be a word
        plan = read("1")
    return plan if rehearsing is None else rehearsed(plan, rehearsing)


def to_rehearse(text: str, file: Path, rehearsing: Rehearsing, stand_in: StandIn | None = None) -> Plan:
    """Return the plan in `text` as it is rehearsed, with the variables of staging and no others.

    Raises `PlanProblems`.
    """
    plan = plan_file.load_for_staging(text, str(file), file.parent, rehearsing.environment, stand_in)
    return rehearsed(plan, rehearsing)


def _read(release: Release, file: Path, environment: Mapping[str, str], stand_in: StandIn | None = None) -> Plan:
    rehearsing = release.rehearsing
    if rehearsing is None:
        return plan_file.load_text(release.plan_text, str(file), file.parent, environment, stand_in)
    return to_rehearse(release.plan_text, file, rehearsing, stand_in)


def _set(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Return what is set beside the plan too: what stands in for the others must not hide it."""
    try:
        return {name: value for name, value in held(folder, environment).items() if value}
    except SourceUnreachable:  # whoever only looks needs none of them
        return dict(environment)


def _set_in_staging(file: Path) -> dict[str, str]:
    try:
        return {name: value for name, value in held_in_staging(file).items() if value}
    except SourceUnreachable:  # whoever only looks needs none of them
        return {}
