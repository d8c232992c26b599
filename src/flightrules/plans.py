"""The plan of a recorded release: as it was when the release began, whatever the file says by now.

The record keeps the plan's text, in which `${NAME}` stands as it was written; the values come from the environment
of whoever goes on with the release.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from flightrules import plan_file
from flightrules.domain import unset
from flightrules.domain.plan import Plan
from flightrules.state.releases import Release

_MENTIONED = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def to_carry_out(release: Release, file: Path, environment: Mapping[str, str]) -> Plan:
    """Return the plan of `release` with every variable filled in. Raises `PlanProblems` where one is not set.

    `file` is where the plan lies: what it names is found beside it, and messages speak of it.
    """
    return plan_file.load_text(release.plan_text, str(file), file.parent, environment)


def to_go_back(release: Release, file: Path, environment: Mapping[str, str]) -> Plan:
    """Return the plan of `release` for a way back: a variable without a value stops only what uses it.

    Raises `PlanProblems` where one is missing that every act needs, such as where the router listens.
    """
    return plan_file.load_text(release.plan_text, str(file), file.parent, environment, unset.stand_in)


def to_look_at(release: Release, file: Path, environment: Mapping[str, str]) -> Plan:
    """Return the plan of `release` for reading only: a variable that is not set is no obstacle to looking."""
    unset = dict.fromkeys(_MENTIONED.findall(release.plan_text), "unset")
    return plan_file.load_text(release.plan_text, str(file), file.parent, {**unset, **environment})
