"""Holds on to the file of a database while a tool of the team works with it.

Some tools put another file in its place. Programs that have the one from before open go on with that, and all that they
write would be gone when they close it. So it has a second name until the tool has ended. Where another file has taken
its place by then, it is put back, the other one is kept beside it, and the tool has failed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from flightrules.databases._sqlite.files import KEPT, Files, connect, flush, reading
from flightrules.domain.database_names import beside
from flightrules.domain.errors import DatabaseFailed, Fenced, MigrationFailed
from flightrules.ports.fence import Fence

OTHER = "_flight_other"
"""How the name of the database ends that a tool put in the place of the plan's own."""

LOG, INDEX, JOURNAL = "-wal", "-shm", "-journal"

NOT_OVER_IT = "Let it change the file that is there, and put none in its place."


@contextlib.asynccontextmanager
async def held(files: Files, path: Path, fence: Fence) -> AsyncIterator[None]:
    """See to it that the same file is at `path` afterwards. Raises `MigrationFailed` where another one was."""
    original = Original(files, path.resolve(), is_a_copy=path != files.path)
    original.settle_what_was_left(fence)
    if not original.path.exists():
        yield
        return
    # As long as somebody has the log (WAL) open nobody begins another: the one that is held stays the one.
    with contextlib.closing(await asyncio.to_thread(original.opened)):
        original.hold()
        try:
            yield
        except asyncio.CancelledError:
            with contextlib.suppress(MigrationFailed, Fenced):
                original.settle(fence)
            raise
        except BaseException:  # whatever ended the tool: what is at that place has to be known
            original.settle(fence)
            raise
        original.settle(fence)


@dataclass(frozen=True)
class Original:
    """The file `path`, which is no link: the plan's own, or a copy that nobody else has open."""

    files: Files
    path: Path
    is_a_copy: bool = False

    def opened(self) -> sqlite3.Connection:
        """Return a connection that has the log open too, if there is one, and locks nothing."""
        try:
            connection = connect(f"{self.path.absolute().as_uri()}?mode=rw")
            with reading(connection):
                return connection
        except sqlite3.Error as error:
            raise MigrationFailed(
                f"database {self.files.name} cannot be opened before it is migrated: {error}",
                "Look why; it was not touched.",
            ) from error

    def hold(self) -> None:
        """Give it a second name, its log too. Raises `MigrationFailed`."""
        self._let_go()
        try:
            for now, second in self._both("", LOG, INDEX, JOURNAL):
                if now.exists():
                    os.link(now, second)
        except OSError as error:
            self._let_go()
            raise MigrationFailed(
                f"the file of database {self.files.name} cannot get a second name while it is migrated, under which "
                f"it is found again: {self._second}: {error.strerror}",
                "Put it where hard links can be made; it was not touched.",
            ) from error

    def settle(self, fence: Fence) -> None:
        """Put it back where it was replaced, and let go of it. Raises `MigrationFailed` then."""
        if not self._second.exists() or not (self._differs("") or self._differs(LOG)):
            self._let_go()
        elif self.is_a_copy:
            self._let_go()
            raise MigrationFailed(
                f"the tool puts another file in the place of that of database {self.files.name}; programs that have "
                f"the one from before open would go on writing into that, and all of it would be gone",
                NOT_OVER_IT,
            )
        else:
            fence.check()
            self._put_back()
            raise MigrationFailed(
                f"the tool put another file in the place of that of database {self.files.name}; the one from before "
                f"is back, since programs that have it open write into it, and the other is kept: {self._other()}",
                NOT_OVER_IT,
            )

    def settle_what_was_left(self, fence: Fence) -> None:
        """Do the same for a process that was killed. Raises `MigrationFailed` where a person has to look first."""
        if self.is_a_copy:  # made anew since
            return self._let_go()
        begun = self._second.exists() and self._other().exists()  # to put it back
        if not begun:
            self._refuse_a_second_other()
            self._refuse_in_doubt()
        if begun or self._differs(""):
            self.settle(fence)

    def refuse_replaced(self) -> None:
        """Raise `DatabaseFailed` where a process that was killed left another file in its place."""
        if self._differs(""):
            raise DatabaseFailed(
                f"a tool put another file in the place of that of database {self.files.name}; programs that have the "
                f"one from before open write into that: {self._second}",
                "Go on with the release that migrated it: it is put back then.",
            )

    def _refuse_a_second_other(self) -> None:
        if self._other().exists():
            raise MigrationFailed(
                f"a tool put another file in the place of that of database {self.files.name} before, and what it put "
                f"there is still kept: {self._other()}",
                f"See whether anything in it is needed, and remove it: rm {self._other()}*",
            )

    def _refuse_in_doubt(self) -> None:
        """Raise where nobody had the log open since: another may have been begun, and then this one spoils it."""
        ((_, log),) = self._both(LOG)
        if self._differs("") and self._differs(LOG) and log.stat().st_size:
            raise MigrationFailed(
                f"a tool put another file in the place of that of database {self.files.name} while `flight` was gone; "
                f"the one from before is {self._second}, and nobody can tell whether the log beside it is its newest",
                f"Stop what has it open, see which holds what is needed, put that in its place, and remove "
                f"{self._second}*",
            )

    def _put_back(self) -> None:
        """Keep what took the place, then let the one from before be there, with the log that belongs to it."""
        self.files.mark(self._other().stem).write_text(KEPT)
        for suffix in (LOG, INDEX, JOURNAL, ""):
            ((now, second),) = self._both(suffix)
            kept = self._other(suffix)
            if now.exists() and not _same(now, second):
                if not kept.exists():
                    os.link(now, kept)
                if suffix:  # a log beside a database that it does not belong to spoils that
                    now.unlink()
        # A journal never comes back: it would take back what was committed since.
        for now, second in self._both("", LOG, INDEX):
            if second.exists() and not _same(now, second):
                _link_over(second, now)
        flush(self.path.parent)
        self._let_go()

    def _let_go(self) -> None:
        for _, second in self._both("", LOG, INDEX, JOURNAL):
            second.unlink(missing_ok=True)

    def _differs(self, suffix: str) -> bool:
        ((now, second),) = self._both(suffix)
        return second.exists() and not _same(now, second)

    @property
    def _second(self) -> Path:
        return self.path.with_name(f".{self.path.name}.flight-held")

    def _other(self, suffix: str = "") -> Path:
        return self.path.with_name(f"{beside(self.path.stem, OTHER)}{self.path.suffix}{suffix}")

    def _both(self, *suffixes: str) -> Iterator[tuple[Path, Path]]:
        """Yield where each of its files lies, and the second name of that."""
        for suffix in suffixes:
            yield self.path.with_name(self.path.name + suffix), self._second.with_name(self._second.name + suffix)


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.samefile(other)


def _link_over(file: Path, name: Path) -> None:
    """Let `name` be another name of `file` from one moment to the next, whatever it was the name of."""
    third = name.with_name(f".{name.name}.flight-back")
    third.unlink(missing_ok=True)
    os.link(file, third)
    third.replace(name)
