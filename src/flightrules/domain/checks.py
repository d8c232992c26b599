"""Checks as the plan has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flightrules.domain.comparison import Comparison


@dataclass(frozen=True)
class Expectation:
    """What must be true of one value that a check finds, as the plan has it in `text`.

    A number is compared in the unit of the value, in `unit` as `Unit` has it; a text only with `=`. `usual` is what the
    plan did not have to say.
    """

    value: str
    comparison: Comparison
    limit: float | str
    text: str
    usual: bool = False
    unit: str = ""


@dataclass(frozen=True)
class Waiver:
    """Who answers for it that a check does not hold the release up, until the end of which day, and why."""

    owner: str
    until: date
    why: str


@dataclass(frozen=True)
class Check:
    """One question. `kind` names the adapter that asks it, `options` are the frozen model that the adapter declares.

    `expects` must all hold. `within` is in seconds. `service` is whose router is asked; empty for the first one.
    `environment` holds every `${NAME}` that a shell line mentions: the shell puts the values in, so that no secret
    stands on a command line. With a `not_applicable` (the reason) it is not asked at all.
    """

    name: str
    kind: str
    options: Any
    within: float
    expects: tuple[Expectation, ...] = ()
    service: str = ""
    mandatory: bool = True
    not_applicable: str = ""
    waiver: Waiver | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
