"""The backups of one database: taken, proven, listed, opened, removed when they have had their time.

A backup is there, whole, when its name is there: it is written under another name, brought onto the disk, and then
renamed. What a killed process left half written is removed before the next one is taken.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from flightrules.domain import fingerprints
from flightrules.domain.errors import BackupUnusable, DatabaseFailed, DatabaseUnusable
from flightrules.domain.retention import Kept, expired
from flightrules.ports.clock import Clock
from flightrules.ports.database import About, BackupOptions, Copies
from flightrules.recovery import encryption, in_use, manifest, shelf, space
from flightrules.recovery.manifest import DATA, Backup, Damaged, File
from flightrules.recovery.proof import SCRATCH, compared, prove_by_restore

PART, GONE = ".part", ".gone"


@dataclass(frozen=True)
class Backups:
    """The backups of the database that the plan calls `name`, in `folder`.

    Several processes may work with them at the same time; then each needs another `scratch`, the ending of the name
    of the database into which it restores to prove.
    """

    name: str
    folder: Path
    options: BackupOptions
    copies: Copies
    clock: Clock
    free: space.Free = space.free
    scratch: str = SCRATCH

    async def look(self) -> About:
        """Raise `DatabaseUnusable` for all that would make a backup fail: the database, the folder, the keys, room."""
        about = await self.copies.look()
        encryption.keys(self.options.recipients)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            tempfile.TemporaryFile(dir=self.folder).close()
        except OSError as error:
            raise DatabaseUnusable(
                f"the folder for backups of database {self.name} cannot be written: {self.folder}: {error.strerror}",
                "Make it writable for who runs `flight`, or set `backup.folder` to another one.",
            ) from error
        space.require(f"a backup of database {self.name}", about.bytes, self.folder, self.free)
        return about

    async def take(self, label: str) -> Backup:
        """Take a backup that nobody has proven."""
        async with self._part() as part:
            about, backup = await self._written(part, label)
            return await self._finished(part, about, backup)

    async def take_proven(self, label: str) -> Backup:
        """Take a backup that was restored and compared before it got its name.

        Raises `BackupUnusable` when it does not hold what the database held; there is then no backup of that name.
        """
        async with self._part() as part:
            about, backup = await self._written(part, label)
            self._room_for_copy(about, backup)
            proof = await prove_by_restore(self.copies, about, part / DATA, backup, self.clock, self.scratch)
            return await self._finished(part, about, replace(backup, proof=proof))

    async def prove(self, backup: Backup) -> Backup:
        """Restore a backup that was taken earlier into a scratch database, compare, and write the proof down."""
        about = await self.copies.look()
        self._room_for_copy(about, backup)
        async with self.opened(backup) as data:
            proof = await prove_by_restore(self.copies, about, data, backup, self.clock, self.scratch)
        folder = self.folder / backup.id
        manifest.write_proof(proof, folder, manifest.PROOF + PART)
        _flush(folder / (manifest.PROOF + PART))
        (folder / (manifest.PROOF + PART)).rename(folder / manifest.PROOF)
        _flush(folder)
        return replace(backup, proof=proof)

    async def restore(self, backup: Backup, into: str) -> None:
        """Make the new database `into` from a backup, which is checked first."""
        about = await self.copies.look()
        self._room_for_copy(about, backup)
        async with self.opened(backup) as data:
            await self.copies.restore(data, into)

    async def restore_compared(self, backup: Backup, into: str) -> str:
        """Restore as `restore` does, and see that it holds what the backup held; return what was compared.

        Raises `BackupUnusable` where it does not; the new database is removed then.
        """
        await self.restore(backup, into)
        found = await self.copies.fingerprint(into)
        wrong = fingerprints.differences(backup.content, found)
        if wrong:
            await self.copies.drop(into)
            raise BackupUnusable(
                f"what was restored from backup {backup.id} is not what was backed up: {'; '.join(wrong)}; "
                f"it is removed again",
                "Use another backup.",
            )
        return compared(backup.content, found)

    def listing(self) -> tuple[Backup, ...]:
        """Return every backup, the oldest first. One that is damaged is not among them, and `named` refuses it."""
        return shelf.listing(self.folder)

    def damaged(self) -> tuple[Damaged, ...]:
        """Return each backup that cannot be used, and why."""
        return shelf.damaged(self.folder)

    def named(self, backup_id: str) -> Backup:
        """Return the backup with that id. Raises `BackupUnusable` where there is none, or it is damaged."""
        return self._sound(manifest.look(self._folder_of(backup_id)))

    def to_prove(self, backup_id: str) -> Backup:
        """Return the backup with that id as one that nobody proved; raises as `named` does.

        So one whose proof is damaged can be proven anew.
        """
        return self._sound(manifest.look_without_proof(self._folder_of(backup_id)))

    def _folder_of(self, backup_id: str) -> Path:
        if not shelf.has(self.folder, backup_id):
            raise BackupUnusable(
                f"there is no backup {backup_id} of database {self.name}",
                shelf.which_there_are(self.folder),
            )
        return self.folder / backup_id

    def _sound(self, found: Backup | Damaged) -> Backup:
        if isinstance(found, Damaged):
            said = f"backup {found.id} of database {self.name} is damaged and cannot be used: {found.why}"
            raise BackupUnusable(said, found.do)
        return found

    async def verify(self, backup: Backup) -> None:
        """Raise `BackupUnusable` unless every file is, byte for byte, the one that was written."""
        with self._read(backup):
            found = {file.name: file for file in await asyncio.to_thread(_files, self.folder / backup.id / DATA)}
        for file in backup.files:
            if found.pop(file.name, None) != file:
                raise self._changed(backup, file.name, "is missing or not what was written")
        if found:
            raise self._changed(backup, next(iter(found)), "was not there when it was written")

    @contextlib.asynccontextmanager
    async def opened(self, backup: Backup) -> AsyncIterator[Path]:
        """Give the folder with the files as they were before they were encrypted; checked, and gone afterwards."""
        with in_use.held(self.folder / backup.id):
            await self.verify(backup)
            async with self._decrypted(backup) as data:
                yield data

    @contextlib.asynccontextmanager
    async def _decrypted(self, backup: Backup) -> AsyncIterator[Path]:
        data = self.folder / backup.id / DATA
        if not backup.encrypted:
            yield data
            return
        if self.options.identity is None:
            raise BackupUnusable(
                f"backup {backup.id} of database {self.name} is encrypted, and no key is given that opens it",
                "Set `backup.identity` to the file with the secret key.",
            )
        space.require(f"opening backup {backup.id}", backup.bytes, self.folder, self.free)
        with tempfile.TemporaryDirectory(prefix=".opened-", dir=self.folder) as plain, in_use.held(Path(plain)):
            pairs = [(data / one.name, Path(plain) / one.name.removesuffix(encryption.SUFFIX)) for one in backup.files]
            with self._read(backup):
                await asyncio.to_thread(encryption.unseal, pairs, self.options.identity)
            yield Path(plain)

    @contextlib.contextmanager
    def _read(self, backup: Backup) -> Iterator[None]:
        """Raise `BackupUnusable` where a disk does not let a backup be read, or what it holds be written beside it."""
        try:
            yield
        except OSError as error:
            raise BackupUnusable(
                f"backup {backup.id} of database {self.name} could not be opened: {error.strerror or error}",
                "Make room or mend the disk, and try again; nothing was restored.",
            ) from error

    def thin(self) -> tuple[str, ...]:
        """Remove the backups that have had their time; return their ids.

        One that is being restored stays, and one that cannot be removed: it is tried again the next time.
        """
        kept = [Kept(one.id, one.at, one.proof is not None) for one in self.listing()]
        gone = expired(kept, self.clock.now(), self.options.keep, self.options.at_least, self.options.at_most)
        return tuple(one for one in gone if in_use.is_left(self.folder / one) and self._removed(one))

    def _removed(self, backup: str) -> bool:
        # Renamed first: a backup that is half removed must not be taken for one.
        leaving = self.folder / f".{backup}{GONE}"
        try:
            (self.folder / backup).rename(leaving)
        except OSError:
            return False
        shutil.rmtree(leaving, ignore_errors=True)  # what is left of it goes before the next backup
        return True

    @contextlib.asynccontextmanager
    async def _part(self) -> AsyncIterator[Path]:
        """Give a folder to write a backup in, which is gone afterwards unless it got its name."""
        await self.look()
        for left in (*self.folder.glob(f".*{PART}"), *self.folder.glob(f".*{GONE}"), *self.folder.glob(".opened-*")):
            if in_use.is_left(left):
                shutil.rmtree(left)
        part = self.folder / f".{self._new_id()}{PART}"
        try:
            (part / DATA).mkdir(parents=True, mode=0o700)
            with in_use.held(part):
                yield part
        except OSError as error:
            raise DatabaseFailed(
                f"the backup of database {self.name} could not be written: {error.strerror}; there is none",
                "Make room or mend the disk, and try again.",
            ) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)

    async def _written(self, part: Path, label: str) -> tuple[About, Backup]:
        about, at = await self.copies.look(), self.clock.now()
        content = await self.copies.back_up(part / DATA)
        return about, Backup(
            part.name.removeprefix(".").removesuffix(PART), self.name, at, label, about.name, about.server,
            about.tools, self.options.recipients, (), content,
        )  # fmt: skip

    async def _finished(self, part: Path, about: About, backup: Backup) -> Backup:
        """Encrypt where that is wanted, write the manifest, bring all of it onto the disk, and give it its name."""
        public = encryption.keys(self.options.recipients)
        if public:
            await asyncio.to_thread(encryption.seal, list(_walk(part / DATA)), public)
        backup = replace(backup, files=tuple(await asyncio.to_thread(_files, part / DATA)))
        manifest.write(backup, part)
        if backup.proof is not None:
            manifest.write_proof(backup.proof, part)
        await asyncio.to_thread(_flush_all, part)
        part.rename(self.folder / backup.id)
        _flush(self.folder)
        return backup

    def _room_for_copy(self, about: About, backup: Backup) -> None:
        if about.beside is not None:
            needed = max(about.bytes or 0, backup.bytes)
            space.require(f"a copy of database {self.name}", needed, about.beside, self.free)

    def _new_id(self) -> str:
        """Return a name by the time; the second one within a second gets a number."""
        time = datetime.fromtimestamp(self.clock.now(), UTC).strftime("%Y%m%dT%H%M%SZ")
        names = (time, *(f"{time}-{number}" for number in range(2, 1000)))
        taken = {path.name for path in self.folder.iterdir()}
        return next(name for name in names if not taken & {name, f".{name}{PART}"})

    def _changed(self, backup: Backup, file: str, how: str) -> BackupUnusable:
        return BackupUnusable(
            f"backup {backup.id} of database {self.name} was changed: {file} {how}",
            "Use another backup, and find out who changed this one.",
        )


def _walk(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.rglob("*") if path.is_file())


def _files(folder: Path) -> list[File]:
    found = []
    for path in _walk(folder):
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        found.append(File(path.relative_to(folder).as_posix(), path.stat().st_size, digest))
    return found


def _flush_all(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        _flush(path)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
