"""A copy of the whole cluster as it was at a moment, in a folder of its own, for as long as something is read from it.

It has a Unix socket in that folder and no port, archives nothing, starts no jobs and no subscriptions, and knows
nothing of the configuration of the server that it is a copy of. The server's own files are never touched. What a killed
process left of one is ended and removed before the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import re
import shlex
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from flightrules.databases._postgres import wal
from flightrules.databases._postgres.pgbackrest import BackupSet, PgBackRest
from flightrules.databases._postgres.point import Point
from flightrules.databases._postgres.server import Server
from flightrules.domain.errors import DatabaseFailed, DatabaseUnusable
from flightrules.domain.figures import duration
from flightrules.ports.clock import Clock
from flightrules.ports.commands import Command, CommandResult, Commands
from flightrules.ports.options import Secret

STATUS_LINE = 7
"""The line of postmaster.pid in which PostgreSQL says whether it is ready, from 0."""

_SETTINGS = (
    "listen_addresses=", "port=5432", "unix_socket_permissions=0700", "archive_mode=off", "hot_standby=off",
    "max_logical_replication_workers=0", "autovacuum=off", "fsync=off", "full_page_writes=off", "max_wal_size=256MB",
    "logging_collector=off",
)  # fmt: skip
"""`fsync` is off: after a crash of the machine nobody goes on with it, it is made anew."""


@dataclass(frozen=True)
class ScratchCluster:
    """Makes it in `parent`, under a name that follows from `keeper.work`: no two workers share it.

    `programs` is the folder with PostgreSQL's server, wherever it usually is without one. `settings` are further ones
    of that server.
    """

    name: str
    keeper: PgBackRest
    commands: Commands
    clock: Clock
    parent: Path
    programs: Path | None
    settings: Mapping[str, str]

    @property
    def folder(self) -> Path:
        """Where it is."""
        return (
            self.parent / f"flight-point-{hashlib.sha256(str(self.keeper.work.absolute()).encode()).hexdigest()[:12]}"
        )

    async def require(self, version: int) -> None:
        """Raise `DatabaseUnusable` where no server of that major version could be started in the folder."""
        self.keeper.account.require()
        program = self._program(version)
        enter = self.keeper.account.line("sh", "-c", 'cd "$1" && exec "$2" --version', "sh", str(self.parent), program)
        ended = await self._run(f"exec {enter}", "version")
        said = ended.output[-1] if ended.output else "nothing"
        found = re.search(r"\(PostgreSQL\) (\d+)", said)
        if ended.status != 0 or found is None:
            raise DatabaseUnusable(
                f"a restore to a point in time starts {program} in {self.parent}, and the user "
                f"{self.keeper.account.user} cannot: {said}",
                "Set `point_in_time.folder` to a folder which that user can enter.",
            )
        if int(found[1]) != version:
            raise DatabaseUnusable(
                f"{program} is of version {found[1]}, the server of database {self.name} of version {version}: only "
                f"the same can read its files",
                f"Install it (Debian: apt-get install postgresql-{version}), or set `point_in_time.programs`.",
            )

    @contextlib.asynccontextmanager
    async def at(self, found: BackupSet, point: Point) -> AsyncIterator[Server]:
        """Give a server with the database as it was just before the point, restored from `found`; gone afterwards.

        Of the databases that the backup holds, only this one is restored. Raises `DatabaseFailed`.
        """
        await self.clean()
        with self._held():
            try:
                await self._restore(found, point)
                async with self._serving(point.version):
                    yield Server(self.name, self._address(point))
            finally:
                await asyncio.shield(asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True))

    async def clean(self) -> None:
        """End and remove what a killed process left; what somebody works with stays."""
        if not self.folder.exists() or _is_in_use(self.folder):
            return
        await self._run("true")  # what still runs under the name of the server is ended first
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        """Make the folder, and let others see that it is in use: by a lock that ends with this process."""
        try:
            self.folder.mkdir(mode=0o700)
            handle = os.open(self.folder, os.O_RDONLY)
        except OSError as error:
            raise DatabaseFailed(
                f"the folder for a copy of the cluster of database {self.name} cannot be made: {self.folder}: "
                f"{error.strerror}",
                "If another `flight` restores there now, wait until it has ended. Otherwise remove the folder.",
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.keeper.account.own(self.folder)
            yield
        finally:
            os.close(handle)

    async def _restore(self, found: BackupSet, point: Point) -> None:
        chosen = [f"--db-include={point.number}"] if point.number in found.databases else []
        await self.keeper.carry_out(
            "restore", f"--set={found.label}", f"--repo={found.repository}", f"--pg1-path={self.folder / 'data'}",
            f"--tablespace-map-all={self.folder / 'tablespaces'}", "--reset-tablespace-map", "--reset-link-map",
            "--no-link-all", "--no-delta", "--type=lsn", f"--target={wal.written(point.position)}",
            "--target-exclusive", "--target-action=promote", f"--target-timeline={wal.timeline(found.first)}", *chosen,
        )  # fmt: skip
        self._configure(self.folder / "data" / "postgresql.auto.conf")

    def _configure(self, own: Path) -> None:
        """Leave nothing of the settings of the server that this is a copy of, but where the restore is to end."""
        target = [line for line in own.read_text().splitlines() if line.startswith("recovery_target")]
        # In the background it would meet the server's own archiving, in the same folder.
        words = [*self.keeper.words(), f"--pg1-path={own.parent}", "--no-archive-async", "archive-get"]
        fetch = shlex.join(words).replace("%", "%%") + ' %f "%p"'
        own.write_text("\n".join([*target, "restore_command = '{}'".format(fetch.replace("'", "''")), ""]))
        for name, content in (("settings", ""), ("hba", "local all all trust\n"), ("ident", "")):
            (self.folder / name).write_text(content)
            self.keeper.account.own(self.folder / name)

    @contextlib.asynccontextmanager
    async def _serving(self, version: int) -> AsyncIterator[None]:
        serving = asyncio.ensure_future(self._run(self._server(version)))
        try:
            await self._until_ready(serving)
            yield
        finally:
            serving.cancel()
            await asyncio.wait({serving})

    def _server(self, version: int) -> str:
        folder = self.folder
        files = (f"config_file={folder / 'settings'}", f"hba_file={folder / 'hba'}", f"ident_file={folder / 'ident'}")
        further = [f"{name}={value}" for name, value in self.settings.items()]
        all_of_it = (*further, *_SETTINGS, *files, f"unix_socket_directories={folder}")
        words = [
            self._program(version),
            "-D",
            str(folder / "data"),
            *(word for one in all_of_it for word in ("-c", one)),
        ]
        return f"exec {self.keeper.account.line(*words)} > {shlex.quote(str(folder / 'log'))} 2>&1"

    async def _until_ready(self, serving: asyncio.Future[CommandResult]) -> None:
        give_up, status = self.clock.monotonic() + self.keeper.within, self.folder / "data" / "postmaster.pid"
        while not serving.done() and self.clock.monotonic() < give_up:
            with contextlib.suppress(OSError, IndexError):
                if status.read_text().splitlines()[STATUS_LINE].strip() == "ready":
                    return
            await self.clock.sleep(0.05)
        raise self._not_ready(serving.done())

    def _not_ready(self, ended: bool) -> DatabaseFailed:
        log = (self.folder / "log").read_text(errors="replace").splitlines()
        complaint = next((line for line in reversed(log) if "FATAL:" in line), log[-1] if log else "it said nothing")
        how = f"ended: {complaint.rsplit('FATAL:', 1)[-1].strip()}"
        return DatabaseFailed(
            f"the copy of the cluster of database {self.name}, restored to a point in time, "
            f"{how if ended else f'was not ready within {duration(self.keeper.within)}'}",
            "Mend what it says, and try again.",
            log=log[-20:],
        )

    def _program(self, version: int) -> str:
        folder = self.programs or Path(f"/usr/lib/postgresql/{version}/bin")
        there = shutil.which("postgres", path=str(folder)) or (None if self.programs else shutil.which("postgres"))
        if there is None:
            raise DatabaseUnusable(
                f"the server program of PostgreSQL {version} is not on this machine ({folder / 'postgres'}); a restore "
                f"of database {self.name} to a point in time starts one",
                f"Install it (Debian: apt-get install postgresql-{version}), or set `point_in_time.programs`.",
            )
        return there

    def _address(self, point: Point) -> Secret:
        from psycopg.conninfo import make_conninfo

        return Secret(make_conninfo("", host=str(self.folder), port=5432, user=point.role, dbname=point.database))

    async def _run(self, line: str, what: str = "server") -> CommandResult:
        name = f"database-{self.name}-scratch-{what}"
        return await self.commands.run(Command(name, line, "/", 2 * self.keeper.within, {"LC_ALL": "C"}))


def _is_in_use(folder: Path) -> bool:
    """Return whether a live process holds the lock of the folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
