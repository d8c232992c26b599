"""Backups: whole or not there, checked before they are used, proven before they are called proven."""

import asyncio
import json
import os
import resource
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from flightrules.domain.errors import BackupUnusable, DatabaseUnusable, FlightError
from flightrules.domain.fingerprints import Fingerprint, TableContent
from flightrules.ports.database import About, BackupOptions, Copies
from flightrules.recovery.backups import Backups
from flightrules.testing.fake_clock import FakeClock
from tests.database.worlds import SqliteWorld

PLENTY = 1 << 40
MORNING = 1_767_344_400.0  # 2026-01-02 09:00 UTC


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SqliteWorld]:
    world = SqliteWorld(tmp_path, "wal")
    yield world
    world.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(MORNING)


def backups(world: SqliteWorld, clock: FakeClock, free: int = PLENTY, **options: Any) -> Backups:
    folder = world.folder.parent / "backups"
    return Backups("main", folder, BackupOptions(**options), world.database.copies, clock, lambda path: free)


@dataclass
class Lying:
    """Copies that do one thing wrong."""

    copies: Copies
    content: Fingerprint | None = None
    wait: asyncio.Event | None = None

    async def back_up(self, folder: Path) -> Fingerprint:
        found = await self.copies.back_up(folder)
        if self.wait is not None:
            await self.wait.wait()
        return self.content or found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.copies, name)


def everything(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def refused(awaited: Any) -> tuple[str, str]:
    with pytest.raises(FlightError) as failure:
        await awaited
    return failure.value.what, failure.value.do


async def test_a_proven_backup_is_listed_with_what_is_in_it_and_restores(world: SqliteWorld, clock: FakeClock) -> None:
    store = backups(world, clock)
    taken = await store.take_proven("before the migration of 2.0")
    (listed,) = store.listing()
    assert listed == taken == store.named(taken.id)
    assert (listed.label, listed.content.rows, listed.source) == ("before the migration of 2.0", 50, "shop")
    assert listed.proof is not None and listed.proof.compared == "schema, rows and checksums"
    assert world.databases() == set()
    world.write(51)
    await store.restore(listed, "restored")
    assert world.numbers("restored") == set(range(1, 51))


async def test_a_backup_that_does_not_hold_what_the_database_held_gets_no_name(
    world: SqliteWorld, clock: FakeClock
) -> None:
    lie = Fingerprint("", {"numbers": TableContent(51), "orders": TableContent(1)})
    store = replace(backups(world, clock), copies=Lying(world.database.copies, lie))
    assert await refused(store.take_proven("")) == (
        "backup 20260102T090000Z of database main does not hold what the database held: table numbers has 50 rows, "
        "not 51; table orders is missing",
        "Do not rely on it. Look for trouble with the disk and in the server's log, and take another one.",
    )
    assert everything(store.folder) == set()
    assert world.databases() == set()


async def test_a_backup_can_be_proven_later(world: SqliteWorld, clock: FakeClock) -> None:
    store = backups(world, clock)
    taken = await store.take("by hand")
    assert taken.proof is None
    proven = await store.prove(taken)
    assert proven.proof is not None and store.listing() == (proven,)


async def test_a_backup_that_is_given_up_leaves_nothing_behind(world: SqliteWorld, clock: FakeClock) -> None:
    store = replace(backups(world, clock), copies=Lying(world.database.copies, wait=asyncio.Event()))
    taking = asyncio.create_task(store.take(""))
    while not list(store.folder.glob(".*/data/*")):
        await asyncio.wait({taking}, timeout=0.01)
    taking.cancel()
    await asyncio.wait({taking})
    assert taking.cancelled() and everything(store.folder) == set()


async def test_what_a_killed_process_left_is_no_backup_and_goes_with_the_next(
    world: SqliteWorld, clock: FakeClock
) -> None:
    store = backups(world, clock)
    for left in (".20250101T000000Z.part", ".20250101T000000Z.gone", ".opened-x"):
        (store.folder / left / "data").mkdir(parents=True)
    assert store.listing() == ()
    taken = await store.take("")
    assert everything(store.folder) == {taken.id}


@pytest.mark.parametrize(
    "change, how",
    [
        (
            lambda data: (data / "database.sqlite").write_bytes(b"x"),
            "database.sqlite is missing or not what was written",
        ),
        (lambda data: (data / "database.sqlite").unlink(), "database.sqlite is missing or not what was written"),
        (lambda data: (data / "more").write_bytes(b""), "more was not there when it was written"),
    ],
)
async def test_a_backup_that_was_changed_is_not_restored(
    world: SqliteWorld, clock: FakeClock, change: Any, how: str
) -> None:
    store = backups(world, clock)
    taken = await store.take("")
    change(store.folder / taken.id / "data")
    for use in (store.restore(taken, "restored"), store.prove(taken)):
        assert await refused(use) == (
            f"backup {taken.id} of database main was changed: {how}",
            "Use another backup, and find out who changed this one.",
        )
    assert world.databases() == set()


async def test_a_manifest_that_was_changed_is_named_and_not_believed(world: SqliteWorld, clock: FakeClock) -> None:
    store = backups(world, clock)
    taken = await store.take("")
    path = store.folder / taken.id / "manifest.json"
    written = json.loads(path.read_text())
    written["record"]["label"] = "another"
    path.write_text(json.dumps(written))
    assert store.listing() == ()
    (damaged,) = store.damaged()
    assert (damaged.id, damaged.why) == (taken.id, "its manifest.json was changed since it was written")
    with pytest.raises(BackupUnusable, match="was changed since it was written"):
        store.named(taken.id)


async def test_a_name_that_no_backup_has_is_answered_with_those_there_are(world: SqliteWorld, clock: FakeClock) -> None:
    store = backups(world, clock)
    with pytest.raises(BackupUnusable) as none:
        store.named("../main")
    assert none.value.do == "There is none yet: flight backups take."
    taken = await store.take("")
    with pytest.raises(BackupUnusable) as refusal:
        store.named("../main")
    assert (refusal.value.what, refusal.value.do) == (
        "there is no backup ../main of database main",
        f"The last ones are: {taken.id}.",
    )


async def test_two_backups_within_a_second_have_two_names_and_old_ones_go(world: SqliteWorld, clock: FakeClock) -> None:
    store = backups(world, clock, keep=10.0, at_least=1)
    first, second = await store.take(""), await store.take("")
    assert (first.id, second.id) == ("20260102T090000Z", "20260102T090000Z-2")
    clock.advance(11)
    third = await store.take("")
    assert store.thin() == (first.id, second.id)
    assert everything(store.folder) == {third.id}


async def test_a_backup_that_cannot_be_removed_stays_listed_and_stops_nothing(
    world: SqliteWorld, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = backups(world, clock, keep=10.0, at_least=1)
    first = await store.take("")
    clock.advance(11)
    await store.take("")

    def refuse(self: Path, target: Path) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", refuse)
        assert store.thin() == ()
    assert first.id in {one.id for one in store.listing()}
    assert store.thin() == (first.id,)


async def test_too_little_room_is_noticed_before_anything_is_written(world: SqliteWorld, clock: FakeClock) -> None:
    store = backups(world, clock, free=1 << 20)
    assert await refused(store.take("")) == (
        f"a backup of database main may need 8 KiB, 16 MiB must stay free, and {store.folder} has 1 MiB free",
        "Make room; nothing was written.",
    )
    assert everything(store.folder) == set()


async def test_a_folder_that_cannot_be_written_is_named(world: SqliteWorld, clock: FakeClock) -> None:
    store = backups(world, clock)
    store.folder.write_text("a file is in the way")
    what, do = await refused(store.take(""))
    assert what == f"the folder for backups of database main cannot be written: {store.folder}: File exists"
    assert do == "Make it writable for who runs `flight`, or set `backup.folder` to another one."


async def test_a_disk_that_is_full_all_the_same_leaves_no_backup(world: SqliteWorld, clock: FakeClock) -> None:
    class Full(Lying):
        async def back_up(self, folder: Path) -> Fingerprint:
            raise OSError(28, os.strerror(28))

    store = replace(backups(world, clock), copies=Full(world.database.copies))
    assert await refused(store.take("")) == (
        "the backup of database main could not be written: No space left on device; there is none",
        "Make room or mend the disk, and try again.",
    )
    assert everything(store.folder) == set()


class TestEncryption:
    async def test_only_the_secret_key_opens_a_backup(self, world: SqliteWorld, clock: FakeClock) -> None:
        from pyrage import x25519

        identity, other = x25519.Identity.generate(), x25519.Identity.generate()
        key, wrong = world.folder.parent / "key", world.folder.parent / "wrong"
        key.write_text(f"# public key: …\n{identity}\n")
        wrong.write_text(f"{other}\n")
        store = backups(world, clock, recipients=[str(identity.to_public())])
        taken = await store.take_proven("")
        assert taken.encrypted and [file.name for file in taken.files] == ["database.sqlite.age"]
        assert b"SQLite" not in (store.folder / taken.id / "data" / "database.sqlite.age").read_bytes()
        assert await refused(store.restore(taken, "restored")) == (
            f"backup {taken.id} of database main is encrypted, and no key is given that opens it",
            "Set `backup.identity` to the file with the secret key.",
        )
        opening = backups(world, clock, identity=wrong)
        what, do = await refused(opening.restore(taken, "restored"))
        assert what.startswith(f"database.sqlite.age cannot be opened with the key in {wrong}: ")
        assert str(other) not in what + do
        await backups(world, clock, identity=key).restore(taken, "restored")
        assert world.numbers("restored") == set(range(1, 51))
        assert everything(store.folder) == {taken.id}

    async def test_a_disk_that_is_full_when_a_backup_is_opened_restores_nothing(
        self, world: SqliteWorld, clock: FakeClock
    ) -> None:
        """A limit on the size of files stands for the disk."""
        from pyrage import x25519

        identity, key = x25519.Identity.generate(), world.folder.parent / "key"
        key.write_text(f"{identity}\n")
        store = backups(world, clock, recipients=[str(identity.to_public())], identity=key)
        taken = await store.take("")
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
        try:
            what, do = await refused(store.restore(taken, "restored"))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert what.startswith(f"backup {taken.id} of database main could not be opened: File too large")
        assert do == "Make room or mend the disk, and try again; nothing was restored."
        assert everything(store.folder) == {taken.id} and world.databases() == set()

    async def test_what_is_no_public_key_is_refused_before_anything_is_written(
        self, world: SqliteWorld, clock: FakeClock
    ) -> None:
        store = backups(world, clock, recipients=["age1nonsense"])
        with pytest.raises(DatabaseUnusable, match=r"^`age1nonsense` in `backup.recipients` is no public key of age: "):
            await store.take("")
        assert not store.folder.exists()

    async def test_a_file_without_a_key_is_named_and_not_shown(self, world: SqliteWorld, clock: FakeClock) -> None:
        from pyrage import x25519

        taken = await backups(world, clock, recipients=[str(x25519.Identity.generate().to_public())]).take("")
        key = world.folder.parent / "key"
        key.write_text("hunter2")
        assert await refused(backups(world, clock, identity=key).restore(taken, "restored")) == (
            f"the key for encrypted backups cannot be read: {key}: it holds no secret key of age",
            "Check `backup.identity`.",
        )


async def test_a_copy_needs_room_beside_the_database_too(world: SqliteWorld, clock: FakeClock) -> None:
    about = await world.database.copies.look()
    assert about == About("shop", about.server, 8192, (), world.folder)
    measured: list[Path] = []
    store = backups(world, clock)
    taken = await store.take("")
    tight = replace(store, free=lambda path: measured.append(path) or 0)
    assert (await refused(tight.restore(taken, "restored")))[0].startswith("a copy of database main may need 8 KiB")
    assert measured == [world.folder]
