"""What was agreed about a database: which migrations go by themselves, and which way back there is for each class.

Pure: it says what is to be done, and why; nothing here touches a database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from flightrules.domain.adapter import Adapter
from flightrules.domain.migrations import MigrationClass


class Way(StrEnum):
    """What becomes of a migrated database when the release goes back."""

    STAY = "stay"
    """It stays as the migration made it: stable goes on with it."""
    UNDO = "undo"
    """The new version's own undo runs, after stable has all the traffic."""
    RESTORE = "restore"
    """It is restored from the backup that was taken before the migration, when a person has agreed."""


USUAL_WAYS: Mapping[MigrationClass, Way] = {
    MigrationClass.EXPAND_ONLY: Way.STAY,
    MigrationClass.REVERSIBLE: Way.UNDO,
    MigrationClass.UNKNOWN: Way.RESTORE,
    MigrationClass.DESTRUCTIVE: Way.RESTORE,
}

USUALLY_ALLOWED = frozenset({MigrationClass.EXPAND_ONLY, MigrationClass.REVERSIBLE})


@dataclass(frozen=True)
class DataCheck:
    """A claim about the data: the query `sql` returns no row. `as_role` is the role as which it is asked."""

    name: str
    sql: str
    as_role: str | None = None


@dataclass(frozen=True)
class DatabasePlan:
    """One database of the plan. `service` is the one whose versions bring its migrations.

    `allowed` has the classes of migrations that go by themselves; the others wait until `role` approves. `back` says
    for each class what a way back does with the database.
    """

    name: str
    adapter: Adapter
    service: str
    allowed: frozenset[MigrationClass] = USUALLY_ALLOWED
    back: Mapping[MigrationClass, Way] = field(default_factory=lambda: dict(USUAL_WAYS))
    role: str = ""
    rehearse: bool = False
    checks: tuple[DataCheck, ...] = ()
    rows_may_fall: bool = True
    """Whether a migration may leave a table with fewer rows; where it may not, such a migration has failed."""
    export: Mapping[str, str] = field(default_factory=dict)
    """By table, the column (a key, or a moment) by which rows written since the backup are told and exported."""

    @property
    def migrates(self) -> bool:
        """Whether a release migrates it at all."""
        return getattr(self.adapter.options, "migrate", None) is not None

    @property
    def contracts(self) -> bool:
        """Whether something is removed that only the old version used, when nothing is left to go back to."""
        return getattr(self.adapter.options, "contract", None) is not None

    @property
    def proves(self) -> bool:
        """Whether only a backup that was restored and compared lets the migration begin."""
        return str(self.adapter.options.backup.prove) == "restore"

    def way(self, found: MigrationClass) -> Way:
        """Return what a way back does after a migration of this class."""
        return self.back.get(found, USUAL_WAYS[found])
