"""Runs the team's own migration tool, and finds out beforehand what it would do. Private to the databases.

A tool that is not alembic says itself what is in force (`revision`) and what it would run (`sql`). Without that,
what it would do is unknown, and is called so. The database's address reaches it as DATABASE_URL.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flightrules.databases import _alembic, _sql
from flightrules.databases._complaints import complaint
from flightrules.domain.errors import MigrationFailed
from flightrules.domain.figures import duration, size
from flightrules.domain.migrations import Danger, PendingMigration, judge
from flightrules.ports.clock import Clock
from flightrules.ports.commands import Command, CommandResult, Commands
from flightrules.ports.database import DatabaseOptions

LAST_LINES = 20
ANSWER_LIMIT = 32_000_000
"""Bytes of SQL that are read of a tool; a migration of that size is none that anybody looked through."""
NOT_FOUND = 127
"""What a shell ends with when there is no such program."""

Linter = Callable[[Path], Awaitable[tuple[Danger, ...] | None]]
"""Says what is dangerous about the SQL in a file; None where nobody can look."""


async def no_linter(sql: Path) -> None:
    """Stand for a linter where there is none for the kind of database."""


async def nothing_left() -> None:
    """Stand for a look at the server where there is none: what the tool does ends with the tool."""


@dataclass(frozen=True)
class LockPatience:
    """How often a migration is begun again that gave up waiting for a lock, and how long after, in seconds."""

    tries: int = 1
    pause: float = 0.0
    words: str = "lock timeout"
    """What the tool's output says when it gave up."""


@dataclass(frozen=True)
class TeamMigrations:
    """The `Migrations` of a database: the shell lines of its options. `work` is a folder of our own."""

    name: str
    options: DatabaseOptions
    work: Path
    commands: Commands
    clock: Clock
    environment: Mapping[str, str]
    check: Callable[[], None]
    dialect: str | None = None
    lint: Linter = no_linter
    patience: LockPatience = field(default_factory=LockPatience)
    end_what_is_left: Callable[[], Awaitable[None]] = nothing_left
    """Ends what a tool that was killed left on the server: a statement goes on there, and is committed when it ends."""
    held: Callable[[], contextlib.AbstractAsyncContextManager[None]] = contextlib.nullcontext
    """Holds on to the database while a tool changes it, and says what the tool must not have done to it."""
    secrets: tuple[str, ...] = ()
    """What must not be told of the tool's output, beside the values of `environment`: parts of them."""

    async def revision(self, code: Path) -> str:
        """Return what is in force: the last line that the tool prints, or what alembic calls current."""
        alembic = _alembic.line(self.options.migrate)
        if self.options.revision is not None:
            lines = (await self._printed("revision", self.options.revision, code)).split("\n")
            return next((line.strip() for line in reversed(lines) if line.strip()), "")
        if alembic is None:
            raise MigrationFailed(
                f"nothing says which revision of database {self.name} is in force",
                "Set `revision` to a command that prints it.",
            )
        return _alembic.current(await self._printed("revision", alembic.asking("current"), code))

    async def pending(self, code: Path) -> PendingMigration:
        """Return what would run, from the SQL that the tool prints; the database is only read."""
        await self._require_the_tool(code)
        alembic = _alembic.line(self.options.migrate)
        revision = await self.revision(code) if alembic or self.options.revision else ""
        ahead: tuple[str, ...] = ()
        if alembic is not None:
            _alembic.refuse_two_heads(self.name, alembic, await self._printed("heads", alembic.asking("heads"), code))
            ahead = _alembic.ahead(await self._printed("history", alembic.history(revision), code), revision)
        line = self.options.sql or (alembic.offline(revision) if alembic else None)
        if line is None or self.dialect is None:
            return PendingMigration(revision, ahead, why="nothing prints the SQL that it would run; set `sql`")
        try:
            printed = await self._printed("sql", line, code)
        except MigrationFailed as error:
            return PendingMigration(revision, ahead, why=f"the SQL that it would run cannot be had: {error.what}")
        return await self._judged(printed, revision, ahead, self.dialect)

    async def migrate(self, code: Path) -> None:
        """Run `migrate`; where it gave up waiting for a lock, begin again as often as agreed."""
        line = self._needed("migrate", self.options.migrate)
        await self._change("migrate", line, code, {})

    async def contract(self, code: Path) -> None:
        """Run `contract`, as patiently as `migrate`."""
        await self._change("contract", self._needed("contract", self.options.contract), code, {})

    async def undo(self, code: Path, to: str) -> None:
        """Run `undo` with the revision that was in force before."""
        to = to or ("base" if _alembic.line(self.options.migrate) else "")
        line = self._needed("undo", self.options.undo)
        await self._change("undo", line, code, {"PREVIOUS_REVISION": to, "previous_revision": to})

    async def end_left_over(self) -> None:
        """Change nothing, in the name of what may be running still: whoever takes a name ends what has it."""
        self.work.mkdir(parents=True, exist_ok=True)
        for what in ("migrate", "undo"):
            await self._change(what, ":", self.work, {})

    async def _require_the_tool(self, code: Path) -> None:
        """Raise `MigrationFailed` where the program that `migrate` begins with is not there."""
        first = (self.options.migrate or "").split(maxsplit=1)[0]
        if re.fullmatch(r"[\w./+-]+", first) is None:  # a line of a shell that begins with something else
            return
        ended = await self._run("tool", f"command -v {first} >/dev/null", code, {})
        if ended.status != 0:
            raise MigrationFailed(
                f"there is no `{first}`, with which database {self.name} is migrated",
                "Install it where `flight` runs, let `build` install it, or write its whole path.",
                log=[],
            )

    def _needed(self, option: str, line: str | None) -> str:
        if line is None:
            raise MigrationFailed(f"database {self.name} has no `{option}` in the plan", f"Set `{option}`.")
        return line

    async def _change(self, what: str, line: str, code: Path, known: Mapping[str, str]) -> None:
        for tried in range(1, self.patience.tries + 1):
            self.check()
            await self.end_what_is_left()  # of a tool that an earlier process ran
            async with self.held():
                ended = await self._run_on_server(what, line, code, known)
            if ended.status == 0:
                return
            waited = any(self.patience.words in said for said in ended.output)
            if not waited or tried == self.patience.tries:
                raise await self._failed(what, code, ended, tried)
            await self.clock.sleep(self.patience.pause)

    async def _run_on_server(self, what: str, line: str, code: Path, known: Mapping[str, str]) -> CommandResult:
        ended = None
        try:
            ended = await self._run(what, line, code, known)
            return ended
        finally:
            if ended is None or ended.status != 0:
                await asyncio.shield(self._after_a_failure())

    async def _after_a_failure(self) -> None:
        with contextlib.suppress(MigrationFailed):  # how the tool failed is what is told
            await self.end_what_is_left()

    async def _judged(self, sql: str, revision: str, ahead: tuple[str, ...], dialect: str) -> PendingMigration:
        file = self._file("pending.sql")
        await asyncio.to_thread(file.write_text, sql)
        findings = judge(await asyncio.to_thread(_sql.statements, sql, dialect))
        dangers = await self.lint(file)
        return PendingMigration(revision, ahead, findings, dangers or (), linted=dangers is not None)

    async def _printed(self, what: str, line: str, code: Path) -> str:
        """Return all that `line` prints on its standard output. Raises `MigrationFailed`, also for more than 32 MB."""
        ended = await self._run(what, line, code, {}, ANSWER_LIMIT)
        if ended.status != 0:  # some tools print why among their answers
            raise self._plain_failure(what, ended)
        if ended.answer is None:
            raise MigrationFailed(
                f"`{what}` of database {self.name} printed more than {size(ANSWER_LIMIT)}, which nobody can judge",
                "Let it print only what is asked of it.",
                log=[],
            )
        return ended.answer

    async def _run(
        self, what: str, line: str, code: Path, known: Mapping[str, str], answer_limit: int = 0
    ) -> CommandResult:
        environment = {"PATH": _alembic.with_own_alembic(os.environ), **self.environment, **known}
        name = f"database-{self.name}-{what}"
        return await self.commands.run(
            Command(name, line, str(code), self.options.within, environment, answer_limit=answer_limit)
        )

    def _file(self, name: str) -> Path:
        self.work.mkdir(parents=True, exist_ok=True)
        return self.work / name

    async def _failed(self, what: str, code: Path, ended: CommandResult, tries: int) -> MigrationFailed:
        """Say what happened and, so that nobody has to guess, what is in force now."""
        revision = "unknown"
        with contextlib.suppress(MigrationFailed):
            revision = await self.revision(code) or "none"
        plain = self._plain_failure(what, ended)
        again = f" after {tries} tries" if tries > 1 else ""
        return MigrationFailed(
            f"{plain.what}{again}; revision in force now: {revision}", plain.do, revision=revision, **plain.details
        )

    def _plain_failure(self, what: str, ended: CommandResult) -> MigrationFailed:
        log = [self._without_secrets(line) for line in ended.output[-LAST_LINES:]]
        said = complaint(log)
        if ended.status is None:
            how, do = f"took longer than {duration(self.options.within)} and was ended", "Look why, or raise `within`."
        elif ended.status == NOT_FOUND:
            how, do = f"could not be run: {said}", "Install the tool where `flight` runs, or write its whole path."
        else:
            how, do = f"ended with status {ended.status}: {said}", "Mend what its last lines say, and try again."
        ahead = _alembic.unknown_revision("\n".join(log))
        more: dict[str, Any] = {"ahead": ahead} if ahead else {}
        if _was_cut_off(ended):
            more["cut_off"] = True
        return MigrationFailed(f"`{what}` of database {self.name} {how}", do, log=log, **more)

    def _without_secrets(self, line: str) -> str:
        for value in (*self.environment.values(), *self.secrets):
            line = line.replace(value, "…") if len(value) > 3 else line
        return line


def _was_cut_off(ended: CommandResult) -> bool:
    """Whether it was ended from outside, by us or by a signal: then it said nothing about how far it had come.

    A shell says 128 and the signal's number of what it ran.
    """
    return ended.status is None or ended.status < 0 or 128 < ended.status < 160
