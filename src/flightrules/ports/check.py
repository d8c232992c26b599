"""How one check is carried out: it looks once, and says what it found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, Protocol

from flightrules.domain.people import Team
from flightrules.domain.verdict import Verdict
from flightrules.ports.clock import Clock
from flightrules.ports.commands import Commands


@dataclass(frozen=True)
class Found:
    """What a check found.

    `values` are what `expect` names: numbers in the unit that the kind declares, texts, or JSON inside of which a path
    such as `cache.hits` leads. `says` is what it saw, in words; `output` what a tool printed, its last lines;
    `evidence` is small and JSON-ready: hashes, ages, addresses, the place of a picture. A `verdict` settles the check
    whatever was expected: `UNREACHABLE` where it could not look.
    """

    says: str
    values: Mapping[str, Any] = field(default_factory=dict)
    output: tuple[str, ...] = ()
    evidence: Mapping[str, Any] = field(default_factory=dict)
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Tools:
    """What a check may use.

    `name` is unique in the state and the same after a crash. `within` is in seconds: what takes longer is cancelled.
    `base` is the address of the service's router (`http://host:port`), empty where the plan has no service for it.
    `commit` is what is released, where versions come from git; else it is empty. `environment` holds what the `${NAME}`
    in shell lines stand for. `variables` returns every variable that a plan can mention, by name, none of whose values
    may be shown; it raises `SourceUnreachable`. What is to be kept as evidence goes into the folder `keep`, which need
    not be there yet.
    """

    name: str
    within: float
    plan_folder: Path
    keep: Path
    base: str
    candidate: str
    commands: Commands
    clock: Clock
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    commit: str = ""
    variables: Callable[[], Mapping[str, str | None]] = field(default=dict, repr=False)
    team: Team | None = None
    zone: tzinfo = UTC
    lasts: float = 0.0


class Inspection(Protocol):
    """One check, ready to be carried out. It must not change what it looks at.

    It may have an attribute `keeps_time`: then it keeps to the time limit itself, because of what it has to end first.
    """

    async def look(self) -> Found:
        """Return what was found. Raises `FlightError` where it could not look; cancelling leaves nothing running."""
