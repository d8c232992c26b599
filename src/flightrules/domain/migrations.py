"""What a migration would do to data, judged before it runs: the class decides which way back there is.

Each statement is judged by the changes in it; the migration is what its worst statement is. Whatever these rules do
not know is `unknown`, which nobody may treat as harmless. Parsing SQL is somebody else's: here, changes are facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum


class MigrationClass(StrEnum):
    """What a migration, or a statement of one, is. Later ones are worse."""

    EXPAND_ONLY = "expand-only"
    """It only adds what stable does not see: stable goes on with it, and the way back leaves it."""
    REVERSIBLE = "reversible"
    """Stable may stumble over it, but nothing is lost: the undo brings back what was."""
    UNKNOWN = "unknown"
    """These rules cannot tell."""
    DESTRUCTIVE = "destructive"
    """It loses what only a backup brings back."""


_ORDER = tuple(MigrationClass)


class Act(Enum):
    """A change that SQL makes: its class, and why."""

    NOTHING = (MigrationClass.EXPAND_ONLY, "it changes nothing that is kept")
    CREATE = (MigrationClass.EXPAND_ONLY, "it adds something that stable does not use")
    CREATE_TABLE = (MigrationClass.EXPAND_ONLY, "it adds a table that stable does not use")
    ADD_COLUMN = (MigrationClass.EXPAND_ONLY, "it adds a column that stable need not fill")
    ADD_INDEX = (MigrationClass.EXPAND_ONLY, "it adds an index that refuses nothing")
    ALLOW = (MigrationClass.EXPAND_ONLY, "it allows more than before")
    VALIDATE = (MigrationClass.EXPAND_ONLY, "it checks rows against what new rows are held to already")
    FILL = (MigrationClass.EXPAND_ONLY, "it fills a column that this migration adds")

    ADD_REQUIRED_COLUMN = (MigrationClass.REVERSIBLE, "rows that stable writes lack the new column and are refused")
    RESTRICT = (MigrationClass.REVERSIBLE, "rows that stable writes may be refused")
    RELAX = (MigrationClass.REVERSIBLE, "stable may meet rows that it does not expect")
    CHANGE_DEFAULT = (MigrationClass.REVERSIBLE, "rows that stable writes get another value")
    RENAME = (MigrationClass.REVERSIBLE, "stable knows it under its old name")
    REPLACE = (MigrationClass.REVERSIBLE, "stable uses what is replaced")
    DROP_DERIVED = (MigrationClass.REVERSIBLE, "stable may use it; it holds no data of its own")
    ADD_ROWS = (MigrationClass.REVERSIBLE, "it adds rows to a table that stable reads")
    FORBID = (MigrationClass.REVERSIBLE, "stable may no longer be allowed what it does")

    RETYPE = (
        MigrationClass.UNKNOWN,
        "whether every value survives depends on the old type, which the SQL does not say",
    )
    CASCADE = (MigrationClass.UNKNOWN, "what else goes with it the SQL does not say")
    RUN_CODE = (MigrationClass.UNKNOWN, "it runs code that the SQL does not show")
    NOT_UNDERSTOOD = (MigrationClass.UNKNOWN, "no rule knows this statement")

    DROP_TABLE = (MigrationClass.DESTRUCTIVE, "the rows of the table are lost")
    DROP_COLUMN = (MigrationClass.DESTRUCTIVE, "the values of the column are lost")
    DROP_DATA = (MigrationClass.DESTRUCTIVE, "what is in it is lost")
    DELETE = (MigrationClass.DESTRUCTIVE, "rows are lost")
    OVERWRITE = (MigrationClass.DESTRUCTIVE, "the values before are lost")

    @property
    def migration_class(self) -> MigrationClass:
        """What the change is, where the table was there before."""
        return self.value[0]

    @property
    def why(self) -> str:
        """The reason, in words."""
        return self.value[1]


ON_DATA = frozenset(
    {
        Act.ADD_COLUMN, Act.ADD_INDEX, Act.ADD_REQUIRED_COLUMN, Act.RESTRICT, Act.RELAX, Act.CHANGE_DEFAULT, Act.RENAME,
        Act.ADD_ROWS, Act.RETYPE, Act.DROP_TABLE, Act.DROP_COLUMN, Act.DELETE, Act.OVERWRITE,
    }
)  # fmt: skip
"""Changes that lose and break nothing where the same migration has made the table."""

ON_COLUMN = frozenset({Act.RESTRICT, Act.CHANGE_DEFAULT, Act.RELAX, Act.RETYPE, Act.RENAME, Act.DROP_COLUMN})
"""Changes of a column that lose nothing where the same migration has added it."""

ON_ROWS_ALONE = frozenset({Act.RUN_CODE, Act.NOT_UNDERSTOOD, Act.DELETE, Act.OVERWRITE})
"""Changes that may lose rows and leave the schema as it was."""

BOOKKEEPING = frozenset({"alembic_version", "public.alembic_version"})
"""Tables in which migration tools keep their place; the tools see to them by themselves."""


@dataclass(frozen=True)
class Change:
    """One change of one statement. `columns` are those that are set or altered, as SQL names them.

    `surely` says that the change takes place whatever was there before: with IF NOT EXISTS it may not.
    """

    act: Act
    table: str = ""
    columns: tuple[str, ...] = ()
    surely: bool = True


@dataclass(frozen=True)
class Statement:
    """A statement of the migration, with every change in it."""

    text: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Finding:
    """What a statement is, and why. `rows_alone` says whether it may lose rows of which no schema tells afterwards."""

    statement: str
    migration_class: MigrationClass
    why: str
    rows_alone: bool = False


@dataclass(frozen=True)
class Danger:
    """What a linter says about locks and rewrites: the rule's name, the line in the SQL, its words."""

    rule: str
    line: int
    message: str


@dataclass(frozen=True)
class PendingMigration:
    """What would run. `why` says why its statements are not known; the class is then `unknown`.

    `linted` says whether somebody looked for dangers: without that, no dangers is no good news.
    """

    revision: str
    revisions: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    dangers: tuple[Danger, ...] = ()
    why: str = ""
    linted: bool = False

    @property
    def rows_alone(self) -> bool:
        """Whether it may lose rows of which no schema tells afterwards; also where nobody knows what it does."""
        return bool(self.why) or any(one.rows_alone for one in self.findings)

    @property
    def migration_class(self) -> MigrationClass:
        """What the migration as a whole is."""
        return MigrationClass.UNKNOWN if self.why else worst(self.findings)


@dataclass
class Touched:
    """What a migration did to the tables of a copy.

    `locks` has by table the strongest lock that stops somebody, and for how many seconds it was held, as far as it was
    seen by looking every few milliseconds; `rewritten` are the tables that were written anew.
    """

    locks: dict[str, tuple[str, float]] = field(default_factory=dict)
    rewritten: tuple[str, ...] = ()


def worst(findings: Iterable[Finding]) -> MigrationClass:
    """Return the worst class of all; nothing at all only expands."""
    return worst_class(one.migration_class for one in findings)


def worst_class(classes: Iterable[MigrationClass]) -> MigrationClass:
    """Return the worst of all; none at all only expands."""
    return max(classes, key=_ORDER.index, default=MigrationClass.EXPAND_ONLY)


def judge(statements: Iterable[Statement]) -> tuple[Finding, ...]:
    """Return what each statement is, in order: what an earlier one makes, a later one may change and drop."""
    fresh = _Fresh({}, set())
    return tuple(fresh.judge(statement) for statement in statements)


@dataclass
class _Fresh:
    """What the migration itself has made so far: columns by table, and whole tables."""

    columns: dict[str, set[str]]
    tables: set[str]

    def judge(self, statement: Statement) -> Finding:
        judged = [self._judge(change) for change in statement.changes] or [_finding(Act.NOT_UNDERSTOOD)]
        found, why = max(judged, key=lambda one: _ORDER.index(one[0]))
        loses = _ORDER.index(found) >= _ORDER.index(MigrationClass.UNKNOWN)
        rows_alone = loses and (not statement.changes or any(one.act in ON_ROWS_ALONE for one in statement.changes))
        return Finding(statement.text, found, why, rows_alone)

    def _judge(self, change: Change) -> tuple[MigrationClass, str]:
        known = self._known(change)
        self._note(change)
        if change.table in BOOKKEEPING:
            return MigrationClass.EXPAND_ONLY, "it is where the migration tool keeps its place"
        if known is not None:
            return MigrationClass.EXPAND_ONLY, known
        return _finding(change.act)

    def _known(self, change: Change) -> str | None:
        """Return why the change harms nothing, where this migration made what it changes."""
        if change.act in ON_DATA and change.table in self.tables:
            return "this migration made the table"
        added = self.columns.get(change.table, set())
        all_added = bool(change.columns) and added.issuperset(change.columns)
        if all_added and change.act is Act.OVERWRITE:
            return Act.FILL.why
        # A required column that nobody fills stays required: that the column is new does not help stable.
        if all_added and change.act in ON_COLUMN - {Act.RESTRICT}:
            return "this migration made the column"
        return None

    def _note(self, change: Change) -> None:
        match change.act:
            case Act.CREATE_TABLE if change.surely:
                self.tables.add(change.table)
            case Act.ADD_COLUMN if change.surely:
                self.columns.setdefault(change.table, set()).update(change.columns)
            case Act.DROP_TABLE | Act.RENAME:
                # What now has this name is somebody else's; the new name is not followed, which errs on the safe side.
                self.tables.discard(change.table)
                self.columns.pop(change.table, None)
            case _:
                pass


def _finding(act: Act) -> tuple[MigrationClass, str]:
    return act.migration_class, act.why


def by_class(findings: Iterable[Finding]) -> Mapping[MigrationClass, tuple[Finding, ...]]:
    """Return the findings of each class that occurs, the worst class first."""
    found = tuple(findings)
    grouped = {one: tuple(f for f in found if f.migration_class is one) for one in reversed(_ORDER)}
    return {one: those for one, those in grouped.items() if those}
