"""One database in a release under way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from flightrules.domain.database_plan import DatabasePlan
from flightrules.domain.traffic import Version

if TYPE_CHECKING:
    from flightrules.ports.database import Database
    from flightrules.recovery.backups import Backups


@dataclass(frozen=True)
class DatabaseRun:
    """One database in this release.

    `reach` makes the adapter and its backups when they are needed first: it raises `VariableNotSet` where the plan's
    variables have no value here, which most ways back do not need. `code` is the folder in which a version's migrations
    lie. `files` is the folder for what is exported.
    """

    name: str
    agreed: DatabasePlan
    reach: Callable[[], tuple[Database, Backups]]
    code: Callable[[Version], Path]
    files: Path

    @cached_property
    def _reached(self) -> tuple[Database, Backups]:
        return self.reach()

    @property
    def database(self) -> Database:
        """The adapter."""
        return self._reached[0]

    @property
    def backups(self) -> Backups:
        """Its backups."""
        return self._reached[1]
