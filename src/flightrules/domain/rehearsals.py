"""Rehearsals: where a plan is rehearsed, and what one rehearsal is. Whatever carries this is no production release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

FOLDER = "rehearsal"
"""The folder of the state of rehearsals, within that of production."""


class Drill(StrEnum):
    """What is broken on purpose, named as the procedure that takes it back."""

    CODE = "code"
    DATABASE = "database"
    SERVICE = "service"
    SHUTDOWN = "shutdown"


SHUTDOWN_WITHIN = 60.0
"""Seconds that an emergency shutdown may take where a plan says nothing; runbooks ask for a minute."""


class Part(StrEnum):
    """What one release within a rehearsal is for."""

    WHOLE = "the plan"
    """The plan as agreed."""
    SET_UP = "setting up"
    """Bringing staging to what production serves: nobody is asked, nothing is held."""


@dataclass(frozen=True)
class Staging:
    """Where the plan is rehearsed.

    `environment` is the file beside the plan with the values of its variables there. `load` is a shell line that sends
    traffic for as long as a rehearsal lasts, empty where somebody else does; the variables of that file are its own.
    """

    environment: str
    load: str = ""
    bounds: Mapping[str, float] = field(default_factory=dict)
    """By drill, how many seconds its way back may take."""


@dataclass(frozen=True)
class Rehearsing:
    """One rehearsal: what was agreed to take hours takes that many times less (`speed`).

    `answers` says that every question is answered yes, by the one who rehearses. With a `drill` the candidate is broken
    in the hold of the stage `at` (empty: the first), which takes it back, or the services are shut down then.
    """

    environment: str
    speed: float = 1.0
    answers: bool = False
    drill: Drill | None = None
    at: str = ""
    part: Part = Part.WHOLE

    def to_record(self) -> dict[str, Any]:
        """Return it JSON-ready."""
        return {name: value if value is None else _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_record(cls, data: Mapping[str, Any] | None) -> Rehearsing | None:
        """Return what `to_record` gave; None for what is no rehearsal."""
        if data is None:
            return None
        drill = Drill(data["drill"]) if data["drill"] else None
        return cls(**{**data, "drill": drill, "part": Part(data["part"])})

    def __str__(self) -> str:
        what = f"drill {self.drill}" if self.drill else "rehearsal"
        faster = f", {self.speed:,.10g} times as fast" if self.speed != 1 else ""
        setting_up = ", setting up" if self.part is Part.SET_UP else ""
        return f"{what}{setting_up}{faster}"


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, StrEnum) else value
