"""What a plan agrees about a database that can be done, and that hardly anybody wants: said in words, never refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flightrules.domain.database_plan import DatabasePlan, Way
from flightrules.domain.migrations import MigrationClass

ODD: Mapping[tuple[MigrationClass, Way], str] = {
    (MigrationClass.EXPAND_ONLY, Way.UNDO): (
        "what it added is removed with all that was written into it, and stable would not have seen it"
    ),
    (MigrationClass.EXPAND_ONLY, Way.RESTORE): (
        "writes stop, and what was written since is taken away, for a migration that stable would not have seen"
    ),
    (MigrationClass.REVERSIBLE, Way.STAY): "stable goes on with a database on which it may stumble",
    (MigrationClass.UNKNOWN, Way.STAY): (
        "stable goes on with a database of which nobody knows whether it works with it"
    ),
    (MigrationClass.DESTRUCTIVE, Way.STAY): (
        "stable goes on without what the migration removed, and nothing brings that back but a restore by hand"
    ),
    (MigrationClass.DESTRUCTIVE, Way.UNDO): (
        "an undo makes tables and columns again, without the rows and values that were in them"
    ),
}
"""What ways back mean that are not the usual ones for the class of the migration."""


def doubts(plan: DatabasePlan) -> Iterator[str]:
    """Yield what is odd, and what it means; nothing for a database that no release migrates."""
    if not plan.migrates:
        return
    for kind in MigrationClass:
        meaning = ODD.get((kind, plan.way(kind)))
        if meaning:
            yield f"`back: {{{kind}: {plan.way(kind)}}}`: after a migration that is {kind}, {meaning}"
    backup = plan.adapter.options.backup
    restored = [str(kind) for kind in MigrationClass if plan.way(kind) is Way.RESTORE]
    if backup.recipients and backup.identity is None and restored:
        yield (
            f"backups are encrypted, and without `backup.identity` a way back cannot open them here: after a migration "
            f"that is {' or '.join(restored)} the database stays as it is"
        )
