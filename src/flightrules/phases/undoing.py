"""The undo of a migration, on the way back: begun again only where it is known what the last try left.

A revision that can be read tells what there is to undo. Where none can, an undo may mean the last migration, whichever
that is: run once too often it takes back an older one, with its data. So every try is on record before it begins. Where
nobody saw how one ended, or whether the migration ever did, the tool is not run: the schema tells, or else a person.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flightrules.domain.errors import BackupUnusable, DatabaseFailed, DatabaseUnusable, MigrationFailed
from flightrules.engine.database_run import DatabaseRun
from flightrules.engine.run import Run
from flightrules.phases import approval
from flightrules.phases.databases_code import code_of, revision_of

TRIES = ("undo.started", "undo.failed")
SETTLED = ("migration.started", "migration.undone", "database.restored")
"""After these no earlier try of an undo says anything about what is in force."""

LOOK_AGAIN = 10.0
"""Seconds between two looks at the schema while a person is asked; ten times what a look takes, where that is more."""


@dataclass(frozen=True)
class Try:
    """The last try. `changed`: whether the schema was another one then than before the migration; None: not known.

    `seen` says that its end was seen: the tool itself said that it failed.
    """

    changed: bool | None
    seen: bool = False


async def undo(run: Run, each: DatabaseRun) -> dict[str, Any]:
    """Run the new version's undo, and see that the revision from before is in force again."""
    done = run.recorded(f"database/{each.name}/undone")
    if done is not None:  # by a process that died before it could say that the step had ended
        return dict(done)
    found = run.recorded(f"database/{each.name}/found") or {}
    began, before = run.clock.monotonic(), str(found["revision"])
    revision = await revision_of(run, each)
    if revision is None and not await _without_a_revision(run, each, found):
        return {"database": each.name, "left": True}
    if revision is not None and revision != before:
        await _try(run, each, before, changed=None)
    now = await revision_of(run, each)
    if now is not None and now != before:
        raise MigrationFailed(f"after the undo revision {now or 'none'} is in force, not {before or 'none'}")
    ended: dict[str, Any] = {"database": each.name, "revision": now, "seconds": round(run.clock.monotonic() - began, 3)}
    run.record("migration.undone", f"database/{each.name}/undone", **ended)
    return ended


async def _without_a_revision(run: Run, each: DatabaseRun, found: Mapping[str, Any]) -> bool:
    """Undo what cannot be seen. Return False where a person leaves the database as it is."""
    last = _last_try(run, each)
    doubt = _doubt(run, each, last)
    if doubt:
        assert each.database.migrations is not None
        await each.database.migrations.end_left_over()
    try:
        changed = await _changed(run, each, found)
    except (DatabaseFailed, DatabaseUnusable):
        if doubt or last:  # it is tried again when that can be told
            raise
        changed = None
    if changed is False and last is not None and last.changed:
        return True  # it was carried out, whatever the tool said, or nobody heard
    if changed is False and last is None and doubt and not found.get("rows_alone", True):
        return True  # the migration left nothing that there would be to undo
    if doubt:
        return await _until_known(run, each, found, doubt, changed)
    await _try(run, each, str(found["revision"]), changed)
    return True


async def _try(run: Run, each: DatabaseRun, to: str, changed: bool | None) -> None:
    """Run the tool; that it begins is on record before, and that it failed if it said so itself."""
    assert each.database.migrations is not None
    begun = [one for one in run.ledger.entries(release=run.id) if one.event.kind == "undo.started"]
    number = 1 + sum(one.event.data["database"] == each.name for one in begun)
    key = f"database/{each.name}/undo"
    run.record("undo.started", f"{key}/begun-{number}", database=each.name, revision=to, changed=changed)
    try:
        await each.database.migrations.undo(code_of(run, each), to)
    except MigrationFailed as failure:
        if not failure.details.get("cut_off"):
            run.record("undo.failed", f"{key}/failed-{number}", database=each.name, why=failure.what)
        raise


def _last_try(run: Run, each: DatabaseRun) -> Try | None:
    """Return the last try to undo what is in force, also of an earlier release: a shutdown may have ended that."""
    last: Try | None = None
    told = [entry for kind in (*TRIES, *SETTLED) for entry in run.ledger.of_kind(kind)]
    for entry in sorted(told, key=lambda one: one.number):
        kind, data = entry.event.kind, entry.event.data
        if data.get("database") != each.name:
            continue
        if kind in SETTLED:
            last = None
        elif kind == "undo.started":
            last = Try(data.get("changed"))
        elif last is not None:
            last = Try(last.changed, seen=True)
    return last


def _doubt(run: Run, each: DatabaseRun, last: Try | None) -> str:
    """Return why nobody can tell whether there is anything to undo; empty where it is known that there is."""
    if last is not None and not last.seen:
        return (
            f"nobody can tell whether the undo of database {each.name} ran: nobody saw it end, and no revision can be "
            f"read; it is not run again"
        )
    begun, ended = (run.recorded(f"database/{each.name}/{what}") for what in ("begun", "migrated"))
    if begun is not None and ended is None:
        return (
            f"nobody can tell how much there is to undo in database {each.name}: its migration did not end, and no "
            f"revision can be read; the undo is not run"
        )
    return ""


async def _changed(run: Run, each: DatabaseRun, found: Mapping[str, Any]) -> bool | None:
    """Return whether the schema is another one than before the migration; None where there is none to compare."""
    taken = run.recorded(f"database/{each.name}/backed-up") or found  # a return goes back over earlier releases
    try:
        before = each.backups.named(str(taken["backup"])).content.schema if taken.get("backup") else ""
    except BackupUnusable:
        before = ""
    if not before:
        return None
    now = (await each.database.copies.fingerprint()).schema
    return now != before if now else None


async def _until_known(run: Run, each: DatabaseRun, found: Mapping[str, Any], doubt: str, changed: bool | None) -> bool:
    """Ask a person, and look again meanwhile where the schema can tell: that ends the doubt too.

    Without the person nothing might ever end it: not every undo brings back the schema to the letter.
    """
    asking = asyncio.ensure_future(_is_as_before(run, each, doubt, changed))
    works = [asking, asyncio.ensure_future(_until_as_before(run, each, found))] if changed else [asking]
    try:
        await asyncio.wait(works, return_when=asyncio.FIRST_COMPLETED)
        return next(work for work in works if work.done()).result()
    finally:
        for work in works:
            work.cancel()
        await asyncio.gather(*works, return_exceptions=True)


async def _until_as_before(run: Run, each: DatabaseRun, found: Mapping[str, Any]) -> bool:
    """Return as soon as the schema is that from before the migration."""
    pause = LOOK_AGAIN
    while True:
        await run.clock.sleep(pause)
        began = run.clock.monotonic()
        with contextlib.suppress(DatabaseFailed, DatabaseUnusable):  # it is looked at again
            if await _changed(run, each, found) is False:
                return True
        pause = max(LOOK_AGAIN, 10 * (run.clock.monotonic() - began))


async def _is_as_before(run: Run, each: DatabaseRun, doubt: str, changed: bool | None) -> bool:
    """Ask a person whether the database is as before."""
    by_itself = "; as soon as the schema is that from before, this goes on by itself" if changed else ""
    says = (
        f"{doubt}. Look at the database, and undo the migration by hand if it is still in it{by_itself}. "
        f"Approve: it is as before the migration. Reject: it stays as it is"
    )
    key = f"database/{each.name}/undo"
    answered = await approval.answer_to(run, f"{key}/doubt", says, each.agreed.role)
    if answered["approved"]:
        return True
    why = f"{doubt}; left by {approval.by(answered)}"
    run.record("undo.left", f"{key}/left", database=each.name, why=why)
    await run.tell(f"database {each.name} stays as it is: {why}", urgent=True, key=f"{key}/left/told")
    return False
