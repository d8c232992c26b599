"""Restoring a database on the way back (procedure B of the runbooks): only with writes stopped, and with consent.

The order is rule 5 of the twelve: writes stop, a fresh backup of the present state is taken and proven, what was
written since the old backup is counted and shown, a person agrees. Only then does the restored copy take the place of
the database, which is kept; it was made and verified beside it before writes stopped, which users would have waited
for. Whatever goes wrong before that leaves the database as it was.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from flightrules.domain import fingerprints
from flightrules.domain.database_names import beside
from flightrules.domain.errors import (
    BackupUnusable,
    DatabaseFailed,
    DatabaseUnusable,
    FlightError,
    RestoreNotDone,
    VariableNotSet,
)
from flightrules.domain.figures import duration
from flightrules.engine.database_run import DatabaseRun
from flightrules.engine.run import Run
from flightrules.phases import approval, going_back
from flightrules.phases.databases_later import or_later
from flightrules.recovery import written

FAILURES = (DatabaseFailed, DatabaseUnusable, BackupUnusable, VariableNotSet, RestoreNotDone)
INTERRUPTED = "it was interrupted"


async def restore(run: Run, each: DatabaseRun) -> None:
    """Restore the database from the backup that was taken before its migration, or leave it exactly as it is."""
    attempt, why = _Attempt(run, each), INTERRUPTED
    await run.step(f"database/{each.name}/restore/look", attempt.look)
    try:
        await attempt.step(f"database/{each.name}/restore/copy", attempt.copy)  # stable serves meanwhile
        await attempt.step(f"database/{each.name}/restore/stop-writes", attempt.stop_writes)
        await attempt.step(f"database/{each.name}/restore/backup", attempt.back_up)
        counted = await attempt.step(f"database/{each.name}/restore/count", attempt.count)
        await attempt.step(f"database/{each.name}/restore/approval", lambda: attempt.agreed(counted))
        await attempt.step(f"database/{each.name}/restore/swap", attempt.swap)
    except RestoreNotDone as failure:
        why = failure.what
        await run.step(f"database/{each.name}/restore/not-done", lambda f=failure: attempt.ended_early(f))  # type: ignore[misc]
    await run.step(f"database/{each.name}/restore/open", lambda: attempt.open_again(why))


async def let_go(run: Run) -> None:
    """Open every database to writers that an interrupted restore closed, in this release or an earlier one.

    One that does not answer does not keep the services from being shut down, or from being opened: people are told.
    """
    for each in run.databases:
        closed = [one for one in run.ledger.entries() if one.event.kind in ("writes.stopped", "writes.allowed")]
        of_it = [one for one in closed if one.event.data["database"] == each.name]
        if of_it and of_it[-1].event.kind == "writes.stopped":
            await run.step(f"database/{each.name}/restore/let-go", lambda e=each: _let_go(run, e))  # type: ignore[misc]


async def _let_go(run: Run, each: DatabaseRun) -> None:
    attempt = _Attempt(run, each)
    try:
        if run.recorded(f"{attempt.key}/closed") is not None:  # in this release, and not in an earlier one
            await attempt.find_out()
        await attempt.open_to_writers()
    except FAILURES as failure:
        said = f"database {each.name} is still closed to writers: {failure.what}; `flight open` opens it"
        await run.tell(said, urgent=True, key=f"database/{each.name}/restore/still-closed")


class _Attempt:
    """The restore of one database in one release; every name in it follows from the record."""

    def __init__(self, run: Run, each: DatabaseRun) -> None:
        self._run = run
        self._each = each
        self.key = f"database/{each.name}/restore"

    async def step(self, name: str, effect: Callable[[], Awaitable[Any]]) -> Any:
        """Carry out a part of it; what fails in it becomes the reason why nothing was restored."""
        return await self._run.step(name, lambda: _or_not_done(effect))

    async def look(self) -> None:
        """See that the database answers, and that there is room. Stable serves until it does; it is tried again."""
        await or_later(self._each, self._each.backups.look())

    async def stop_writes(self) -> None:
        """Let the router answer with the plan's page, let what is in flight end, and close the database to writers."""
        run = self._run
        for service in run.services:
            await going_back.page_for_now(run, service)
        for service in run.services:
            await going_back.until_drained(run, service)
        run.record("writes.stopped", f"{self.key}/closed", database=self._each.name)
        assert self._each.database.switch is not None
        await self._each.database.switch.close_to_writers()

    async def back_up(self) -> dict[str, Any]:
        """Back up the present state, and prove it: with it nothing that happens from here on is final."""
        backup = await self._each.backups.take_proven(f"before a restore in {self._run.id}")
        taken: dict[str, Any] = {
            "database": self._each.name,
            "backup": backup.id,
            "bytes": backup.bytes,
            "rows": backup.content.rows,
        }
        self._run.record("backup.taken", f"{self.key}/backed-up", **taken)
        return taken

    async def copy(self) -> dict[str, Any]:
        """Restore the old backup beside the database, and see that it holds what it held."""
        backup, new = self._each.backups.named(self._backup), await self._name("restored")
        await self._each.database.copies.drop(new)
        await self._each.backups.restore(backup, new)
        wrong = fingerprints.differences(backup.content, await self._each.database.copies.fingerprint(new))
        if wrong:
            raise DatabaseFailed(f"what was restored is not what was backed up: {'; '.join(wrong)}")
        return {"database": new}

    async def count(self) -> dict[str, Any]:
        """Count what was written since the old backup: what a restore takes away."""
        each = self._each
        old, now = each.backups.named(self._backup), each.backups.named(self._recorded("backed-up")["backup"])
        found = await written.since(
            each.database.rows, await self._name("restored"), old.content, now.content, each.agreed.export,
            each.files / self._run.id,
        )  # fmt: skip
        counted: dict[str, Any] = {
            "database": each.name,
            "since": old.at,
            "backup": now.id,
            "tables": written.to_record(found),
        }
        self._run.record("writes.counted", f"{self.key}/counted", **counted)
        return counted

    async def agreed(self, counted: Mapping[str, Any]) -> dict[str, Any]:
        """Wait until somebody agrees to lose what was counted. Raises `RestoreNotDone`."""
        passed, folder = duration(self._run.clock.now() - counted["since"]), written.folder_of(counted["tables"])
        rows = f"; the rows are exported into {folder}" if folder else ""
        says = (
            f"restoring database {self._each.name} takes it back by {passed}. Written since: "
            f"{written.in_words(counted['tables'])}{rows}. All of it stays in backup {counted['backup']}"
        )
        answered = await approval.answer_to(self._run, f"{self.key}/approval", says, self._each.agreed.role)
        if not answered["approved"]:
            raise RestoreNotDone(f"the restore was rejected by {approval.by(answered)}")
        return dict(answered)

    async def swap(self) -> dict[str, Any]:
        """Let the restored database take the place of the present one, which is kept."""
        new, kept = await self._name("restored"), await self._name("before")
        assert self._each.database.switch is not None
        await self._each.database.switch.swap(new, kept)
        return self._swapped(kept)

    async def ended_early(self, failure: FlightError) -> None:
        """Put on record, and tell people, what became of the database, and why: as a rule it is as it was."""
        try:
            await self.find_out(failure.what)
        except FAILURES as silence:
            said = f"nobody knows yet whether database {self._each.name} was restored: {failure.what}; {silence.what}"
            await self._run.tell(said, urgent=True, key=f"{self.key}/not-known")

    async def find_out(self, why: str = INTERRUPTED) -> None:
        """Put on record what became of the database where a restore ended early: an answer may have been lost."""
        if self._recorded("swapped") or self._recorded("left"):
            return
        if self._recorded("approval/answered").get("approved") and await self._is_swapped():
            self._swapped(await self._name("before"))
        else:
            await self._left(why)

    async def _is_swapped(self) -> bool:
        assert self._each.database.switch is not None
        return await self._each.database.switch.swapped(await self._name("restored"), await self._name("before"))

    def _swapped(self, kept: str) -> dict[str, Any]:
        swapped = {"database": self._each.name, "backup": self._backup, "kept_as": kept}
        self._run.record("database.restored", f"{self.key}/swapped", **swapped)
        return swapped

    async def _left(self, why: str) -> None:
        run, name = self._run, self._each.name
        run.record("database.left", f"{self.key}/left", database=name, why=why)
        said = f"database {name} was not restored and is as it was: {why}"
        await run.tell(said, urgent=True, key=f"{self.key}/left/told")
        with contextlib.suppress(*FAILURES):  # what is left of a copy does no harm; the next restore removes it
            await self._each.database.copies.drop(await self._name("restored"))

    async def open_again(self, why: str) -> dict[str, Any]:
        """Take writes again, and give stable its traffic back: that also where the database does not answer now."""
        try:
            await or_later(self._each, self._find_out_and_open(why))
        finally:
            for service in self._run.services:
                await going_back.give_back(self._run, service)
        closed, opened = (self._run.ledger.find(self._run.id, f"{self.key}/{what}") for what in ("closed", "opened"))
        return {"writes_stopped_seconds": round(opened.at - closed.at, 3) if opened and closed else None}

    async def _find_out_and_open(self, why: str) -> None:
        await self.find_out(why)
        if self._recorded("closed"):
            await self.open_to_writers()

    async def open_to_writers(self) -> None:
        """Let the database take writes."""
        assert self._each.database.switch is not None
        await self._each.database.switch.open_to_writers()
        self._run.record("writes.allowed", f"{self.key}/opened", database=self._each.name)

    async def _name(self, what: str) -> str:
        """Return the name of a further database beside this one, the same after a crash."""
        about = await self._each.database.copies.look()
        return beside(about.name, f"_{what}_{self._backup.lower()}")

    @property
    def _backup(self) -> str:
        taken = self._run.recorded(f"database/{self._each.name}/backed-up")
        if taken is None:
            raise RestoreNotDone("no backup was taken before its migration")
        return str(taken["backup"])

    def _recorded(self, what: str) -> Mapping[str, Any]:
        return self._run.recorded(f"{self.key}/{what}") or {}


async def _or_not_done(effect: Callable[[], Awaitable[Any]]) -> Any:
    try:
        return await effect()
    except FAILURES as failure:
        raise RestoreNotDone(failure.what, failure.do, **failure.details) from failure
