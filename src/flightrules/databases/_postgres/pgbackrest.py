"""pgBackRest, asked: which backups of the cluster it has, which files of the log, whether what is archived arrives.

It is adopted as it is set up on this machine; nothing of its configuration is changed, and nothing in its repository.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flightrules.databases._postgres import wal
from flightrules.databases._postgres.account import Account
from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable
from flightrules.domain.figures import duration
from flightrules.ports.commands import Command, CommandResult, Commands

PROGRAM = "pgbackrest"
OLDEST = (2, 38)
"""The first that tells where in the log its backups end."""
LAST_LINES = 20
WITHOUT = "or take `point_in_time` out of the plan"


@dataclass(frozen=True)
class BackupSet:
    """A backup of the whole cluster. `first` is the first file of the log that it needs, `end` where it is consistent.

    `bytes` is its size restored, `databases` the numbers (oid) of those that it holds, `archive` the folder of the log.
    """

    label: str
    repository: int
    first: str
    end: int
    bytes: int
    archive: str
    databases: frozenset[int] = frozenset()


@dataclass(frozen=True)
class PgBackRest:
    """pgBackRest for one stanza. `name` is the database in the plan; `within` is in seconds, for each command."""

    name: str
    stanza: str
    config: Path | None
    account: Account
    commands: Commands
    work: Path
    within: float

    def words(self) -> list[str]:
        """Return how it is called for this stanza. Raises `DatabaseUnusable` where it is not installed."""
        there = shutil.which(PROGRAM)
        if there is None:
            raise DatabaseUnusable(
                f"{PROGRAM} is not there (on the path); database {self.name} cannot go back to a point in time "
                f"without it",
                f"Install it (Debian: apt-get install pgbackrest), {WITHOUT}.",
            )
        config = [f"--config={self.config}"] if self.config else []
        return [there, *config, f"--stanza={self.stanza}"]

    async def version(self) -> str:
        """Return its name and version. Raises `DatabaseUnusable` where it is too old to know positions in the log."""
        program = self.words()[0]
        ended = await self._run("version", program, "version")
        said = ended.output[-1] if ended.output else "nothing"
        found = re.fullmatch(r"pgBackRest (\d+)\.(\d+)\S*", said)
        if ended.status != 0 or found is None:
            raise DatabaseUnusable(f"{program} does not tell its version: {said}", f"Look what it is, {WITHOUT}.")
        if (int(found[1]), int(found[2])) < OLDEST:
            raise DatabaseUnusable(
                f"{said} is too old for a restore of database {self.name} to a point in time; it takes "
                f"{'.'.join(map(str, OLDEST))} or later",
                f"Install a later one, {WITHOUT}.",
            )
        return said

    async def backups(self, system: str) -> tuple[BackupSet, ...]:
        """Return its backups of the cluster with the identifier `system`, the oldest first.

        Raises `DatabaseUnusable` where it has none, does not know the stanza, or it is that of another cluster.
        """
        (stanza,) = await self._answer("info")
        if stanza["status"]["code"] != 0:
            why = "; ".join(one["status"]["message"] for one in stanza.get("repo", ()) if one["status"]["code"])
            raise DatabaseUnusable(
                f"pgBackRest cannot restore anything of stanza {self.stanza}: {why or stanza['status']['message']}",
                f"Run `pgbackrest --stanza={self.stanza} info` as the user {self.account.user}; it needs its stanza "
                f"(stanza-create) and a full backup (backup).",
            )
        of_it = {(one["id"], one["repo-key"]) for one in stanza["db"] if str(one["system-id"]) == system}
        if not of_it:
            raise DatabaseUnusable(
                f"stanza {self.stanza} of pgBackRest is not the cluster in which database {self.name} lies: its "
                f"system identifier is another one",
                "Name the stanza of that cluster in `point_in_time.stanza`.",
            )
        folders = {_key(one["database"]): one["id"] for one in stanza["archive"]}
        found = [
            _backup_set(one, folders[_key(one["database"])])
            for one in stanza["backup"]
            if _key(one["database"]) in of_it & folders.keys() and not one["error"]
        ]
        return tuple(sorted(found, key=lambda one: one.end))

    async def with_databases(self, found: BackupSet) -> BackupSet:
        """Return a backup with the databases that it holds besides those that every cluster has."""
        (stanza,) = await self._answer("info", f"--set={found.label}", f"--repo={found.repository}")
        held = frozenset(one["oid"] for backup in stanza["backup"] for one in backup.get("database-ref") or ())
        return BackupSet(found.label, found.repository, found.first, found.end, found.bytes, found.archive, held)

    async def archived(self, found: BackupSet) -> frozenset[str]:
        """Return the names of all files of the log that lie in the repository of a backup."""
        where = f"archive/{self.stanza}/{found.archive}"
        listed = await self._answer("repo-ls", "--recurse", f"--repo={found.repository}", where, stanza=False)
        names = (Path(path).name for path in listed)
        return frozenset(name[:24] for name in names if re.fullmatch(rf"{wal.NAME}-[0-9a-f]{{40}}(\.\w+)?", name))

    async def check(self) -> None:
        """Let the server begin a new file of its log, and wait until the one before is in the archive.

        Raises `DatabaseFailed` with what it says where that does not arrive.
        """
        await self.carry_out("check")

    async def carry_out(self, command: str, *arguments: str) -> None:
        """Run a command of it to its end. Raises `DatabaseFailed` with its last lines."""
        ended = await self._run(command, *self.words(), *_QUIET, *arguments, command)
        if ended.status != 0:
            raise self._failed(command, ended)

    async def _answer(self, command: str, *arguments: str, stanza: bool = True) -> Any:
        """Return what a command prints as JSON: into a file, as it may be long."""
        self.work.mkdir(parents=True, exist_ok=True)
        answer = self.work / f"{PROGRAM}-{command}.json"
        words = self.words() if stanza else self.words()[:-1]
        flags = [one for one in arguments if one.startswith("--")]
        rest = [one for one in arguments if not one.startswith("--")]
        try:
            ended = await self._run(command, *words, *_QUIET, *flags, "--output=json", command, *rest, into=answer)
            if ended.status != 0:
                failure = self._failed(command, ended)
                raise DatabaseUnusable(failure.what, failure.do, **failure.details)
            return json.loads(answer.read_text() or "null")
        finally:
            answer.unlink(missing_ok=True)

    async def _run(self, command: str, *words: str, into: Path | None = None) -> CommandResult:
        line = f"exec {self.account.line(*words)}" + (f" > {shlex.quote(str(into))}" if into else "")
        name = f"database-{self.name}-{PROGRAM}-{command}"
        return await self.commands.run(Command(name, line, "/", self.within, {"LC_ALL": "C"}))

    def _failed(self, command: str, ended: CommandResult) -> DatabaseFailed:
        log = list(ended.output[-LAST_LINES:])
        how = f"took longer than {duration(self.within)} and was ended"
        if ended.status is not None:
            said = next((line for line in log if "ERROR:" in line), log[-1] if log else "it said nothing")
            how = f"ended with status {ended.status}: {said.rsplit('ERROR: ', 1)[-1]}"
        return DatabaseFailed(
            f"{PROGRAM} {command} of stanza {self.stanza} (database {self.name}) {how}",
            f"Run `pgbackrest --stanza={self.stanza} check` as the user {self.account.user}, and mend what it says.",
            log=log,
        )


_QUIET = ("--log-level-console=off", "--log-level-stderr=warn")
"""What it says goes where answers do not."""


def _key(database: Mapping[str, Any]) -> tuple[int, int]:
    return database["id"], database["repo-key"]


def _backup_set(one: Mapping[str, Any], archive: str) -> BackupSet:
    return BackupSet(
        one["label"], one["database"]["repo-key"], one["archive"]["start"], wal.position(one["lsn"]["stop"]),
        one["info"]["size"], archive,
    )  # fmt: skip


def newest(found: Sequence[BackupSet], timeline: int, before: int) -> BackupSet | None:
    """Return the newest backup of this timeline that was complete `before` that position."""
    fitting = [one for one in found if wal.timeline(one.first) == timeline and one.end <= before]
    return fitting[-1] if fitting else None
