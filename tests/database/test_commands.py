"""`flight backups`, `flight restore` and `flight data-diff`, on real databases."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from flightrules.cli.main import app
from flightrules.domain.row_differences import OF_THE_TOOL, REVISION_TABLES
from flightrules.records import open_records
from flightrules.recovery import in_use
from flightrules.state.lease import DATABASES, Lease
from flightrules.testing.fake_clock import FakeClock
from flightrules.testing.postgres_server import PostgresServer
from tests.database.worlds import connect
from tests.written import Written, records_in

Flight = Callable[..., Result]

PLAN = """
plan: shop
version: {{from: argument}}
services:
  web:
    target: {{kind: local, directory: $version, start: serve, health: {{http: /}}}}
    traffic: {{kind: envoy, listen: "127.0.0.1:80"}}
databases:
{databases}
stages:
  - {{stage: full, traffic: 100%, hold: 1m, look: every 10s, pass: error_rate < 1%}}
"""
MAIN = "  main: {kind: sqlite, path: shop.db}"
ORDERS = "create table orders (id integer primary key, what text)"


@pytest.fixture
def flight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flight:
    """Call `flight` beside a plan with one SQLite database that holds ten orders."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    write_plan(tmp_path, MAIN)
    sql(tmp_path / "shop.db", ORDERS, *(f"insert into orders values ({n}, 'first')" for n in range(1, 11)))

    def call(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return call


def write_plan(folder: Path, databases: str) -> None:
    (folder / "flight.yaml").write_text(PLAN.format(databases=databases))


def sql(path: Path, *statements: str) -> list[Any]:
    connection = connect(path)
    try:
        for statement in statements:
            found = connection.execute(statement).fetchall()
        return found
    finally:
        connection.close()


def taken(flight: Flight, *words: str) -> str:
    said = flight("backups", "take", "--json", *words)
    assert said.exit_code == 0, said.output
    return str(json.loads(said.stdout)["taken"]["id"])


def test_looking_makes_no_state_and_needs_none(flight: Flight, tmp_path: Path) -> None:
    assert (flight("backups").stdout, flight("backups").exit_code) == ("database main has no backup\n", 0)
    assert flight("data-diff", ".").exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["flight.yaml", "shop.db"]


def test_a_backup_is_taken_proven_listed_and_restored(flight: Flight, tmp_path: Path) -> None:
    said = flight("backups", "take", "--for", "before we tidy up").stdout
    found = re.fullmatch(
        r"took backup (\S+) of database main: 8 KiB, 10 rows, restored and compared in \S+ "
        r"\(schema, rows and checksums\)\n", said,
    )  # fmt: skip
    assert found, said
    listed = flight("backups").stdout.splitlines()
    assert re.split(r"  +", listed[0]) == ["DATABASE", "BACKUP", "TAKEN", "SIZE", "ROWS", "PROOF", "FOR"]
    assert re.split(r"  +", listed[1])[3:] == ["8 KiB", "10", "schema, rows and checksums", "before we tidy up"]
    restored = flight("restore", found[1], "--into", "old")
    assert restored.exit_code == 0
    assert re.fullmatch(
        rf"restored backup {found[1]} of database main into old in \S+: 10 rows in 1 tables; "
        r"compared: schema, rows and checksums\n", restored.stdout,
    ), restored.stdout  # fmt: skip
    assert flight("backups", "main").stdout.splitlines()[-1] == "beside database main: old, restored, 8 KiB"
    assert sql(tmp_path / "old.db", "select count(*) from orders") == [(10,)]


def test_json_has_all_of_it(flight: Flight) -> None:
    backup = taken(flight)
    flight("restore", backup, "--into", "old")
    said = json.loads(flight("backups", "--json").stdout)
    (one,) = said.pop("backups")
    assert (one["id"], one["rows"], one["for"], one["encrypted"]) == (backup, 10, "by hand", False)
    assert one["proof"]["compared"] == "schema, rows and checksums"
    assert said == {
        "unseen": [],
        "databases": [{"database": "main", "name": "old", "what": "restored", "bytes": 8192}],
    }  # fmt: skip


def test_a_backup_that_nobody_proved_can_be_proven(flight: Flight, tmp_path: Path) -> None:
    write_plan(tmp_path, "  main: {kind: sqlite, path: shop.db, backup: {prove: none}}")
    backup = taken(flight)
    assert "not proven" in flight("backups").stdout
    said = flight("backups", "prove", backup)
    assert said.stdout.startswith(f"proved backup {backup} of database main: 8 KiB, 10 rows, restored and compared in ")
    assert "not proven" not in flight("backups").stdout


def test_backups_that_have_had_their_time_are_removed(flight: Flight, tmp_path: Path) -> None:
    first = taken(flight)
    taken(flight)
    assert flight("backups", "thin").stdout == "no backup has had its time\n"
    write_plan(tmp_path, "  main: {kind: sqlite, path: shop.db, backup: {at_least: 1, at_most: 1}}")
    folder = tmp_path / ".flight" / "databases" / "main" / "backups"
    with in_use.held(folder / first):
        assert flight("backups", "thin").stdout == "no backup has had its time\n", "somebody is restoring it"
    assert flight("backups", "thin").stdout == f"removed what had had its time: {first}\n"


def cut(path: Path) -> None:
    path.write_text(path.read_text()[:100])


def changed(path: Path) -> None:
    path.write_text(
        path.read_text().replace('"compared": "schema', '"compared": "the schema').replace("by hand", "by me")
    )


def sealed_anew(path: Path) -> None:
    """Leave something out, and make the checksum right."""
    record = json.loads(path.read_text())["record"]
    record.popitem()
    del record[next(iter(record))]
    text = json.dumps(record, sort_keys=True, separators=(",", ":"))
    sealed = {"form": 1, "record": record, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    path.write_text(json.dumps(sealed))


OTHER = "Use another backup; `flight backups` lists them."
ANEW = "`flight backups prove BACKUP` proves it anew; or use another backup; `flight backups` lists them."
DAMAGES: dict[str, tuple[str, Callable[[Path], object], str, str]] = {
    "no manifest": ("manifest.json", Path.unlink, "its manifest.json is missing", OTHER),
    "half a manifest": (
        "manifest.json", cut, "its manifest.json is cut off, or was changed since it was written", OTHER,
    ),
    "no text": (
        "manifest.json", lambda path: path.write_bytes(b"\xff\x00"),
        "its manifest.json is cut off, or was changed since it was written", OTHER,
    ),
    "another manifest": ("manifest.json", changed, "its manifest.json was changed since it was written", OTHER),
    "sealed anew": ("manifest.json", sealed_anew, "its manifest.json does not say what a manifest says", OTHER),
    "no proof": ("proof.json", Path.unlink, "its proof.json is missing", ANEW),
    "half a proof": ("proof.json", cut, "its proof.json is cut off, or was changed since it was written", ANEW),
    "another proof": ("proof.json", changed, "its proof.json was changed since it was written", ANEW),
    "a proof of nothing": ("proof.json", sealed_anew, "its proof.json does not say what a proof says", ANEW),
    "no data": ("data/database.sqlite", Path.unlink, "its file data/database.sqlite is missing", OTHER),
    "half the data": (
        "data/database.sqlite", lambda path: path.write_bytes(b""),
        "its file data/database.sqlite has another size than when it was written", OTHER,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("file", "damage", "why", "do"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_backup_is_a_row_that_says_so_and_is_not_restored(
    flight: Flight, tmp_path: Path, file: str, damage: Callable[[Path], object], why: str, do: str
) -> None:
    sound, backup = taken(flight), taken(flight)
    damage(tmp_path / ".flight" / "databases" / "main" / "backups" / backup / file)
    _, first, second = flight("backups").stdout.splitlines()
    assert f"  {sound}  " in first and "damaged" not in first
    assert re.fullmatch(rf"main +{backup} +— +— +— +damaged, cannot be used: {why} +—", second), second
    good, bad = json.loads(flight("backups", "--json").stdout)["backups"]
    assert (good["usable"], good["damaged"], bad["usable"], bad["damaged"]) == (True, None, False, why)
    assert (bad["id"], bad["do"], bad["rows"]) == (backup, do.replace("BACKUP", backup), None)
    refused = flight("restore", backup, "--into", "old")
    said = f"backup {backup} of database main is damaged and cannot be used: {why}\n    {bad['do']}\n"
    assert (refused.exit_code, refused.stderr) == (4, said)
    assert not (tmp_path / "old.db").exists()


def test_a_backup_whose_proof_is_damaged_can_be_proven_anew(flight: Flight, tmp_path: Path) -> None:
    backup = taken(flight)
    cut(tmp_path / ".flight" / "databases" / "main" / "backups" / backup / "proof.json")
    assert flight("backups").stdout.splitlines()[-1] == "database main has no backup that can be used"
    assert flight("backups", "prove", backup).exit_code == 0
    assert flight("restore", backup, "--into", "old").exit_code == 0


def test_a_backup_under_another_name_is_not_taken_for_that_of_its_manifest(flight: Flight, tmp_path: Path) -> None:
    backup = taken(flight)
    folder = tmp_path / ".flight" / "databases" / "main" / "backups"
    (folder / backup).rename(folder / "20250101T000000Z")
    assert f"damaged, cannot be used: its manifest.json is that of backup {backup}" in flight("backups").stdout


def test_files_that_were_changed_and_are_as_large_are_found_before_anything_is_restored(
    flight: Flight, tmp_path: Path
) -> None:
    backup = taken(flight)
    data = tmp_path / ".flight" / "databases" / "main" / "backups" / backup / "data" / "database.sqlite"
    data.write_bytes(data.read_bytes()[:-1] + b"x")
    assert flight("restore", backup, "--into", "old").stderr == (
        f"backup {backup} of database main was changed: database.sqlite is missing or not what was written\n"
        "    Use another backup, and find out who changed this one.\n"
    )
    assert not (tmp_path / "old.db").exists()


REFUSED = {
    "no such backup": (
        ("restore", "20250101T000000Z", "--into", "old"), 4,
        "there is no backup 20250101T000000Z of database main\n    The last ones are: BACKUP.\n",
    ),
    "a path in place of a backup": (
        ("restore", "../backups/BACKUP", "--into", "old"), 4,
        "there is no backup ../backups/BACKUP of database main\n    The last ones are: BACKUP.\n",
    ),
    "over the plan's own": (
        ("restore", "BACKUP", "--into", "shop"), 4,
        "there is a database shop already; it is left as it is\n    Choose another name, or remove it.\n",
    ),
    "over another one": (
        ("restore", "BACKUP", "--into", "precious"), 4,
        "there is a database precious already; it is left as it is\n    Choose another name, or remove it.\n",
    ),
    "a name that a way back uses": (
        ("restore", "BACKUP", "--into", "shop_restored_20260102t030405z"), 2,
        "shop_restored_20260102t030405z is a name that a way back makes and removes by itself\n"
        "    choose another one for --into\n",
    ),
    "no name": (
        ("restore", "BACKUP", "--into", "../old"), 4,
        "`../old` is no name for a database\n    Use letters, digits, `-` and `_`.\n",
    ),
    "no such database in the plan": (("backups", "users"), 2, "the plan has no database users\n    it has: main\n"),
    "no such database beside it": (
        ("data-diff", "nix"), 4, "there is no database nix: FOLDER/nix.db\n    `flight backups` lists them.\n",
    ),
    "no such table": (
        ("data-diff", "precious", "--table", "order"), 2,
        "neither database has a table order\n    Did you mean orders?\n",
    ),
    "an export over what is there": (
        ("data-diff", "precious", "--export", "."), 2,
        ". is there already, and nothing is written over it\n    name a new folder: --export DIR\n",
    ),
    "a file that cannot be made": (
        ("data-diff", "precious", "--export", "shop.db/out"), 4,
        "the rows could not be exported into FOLDER/shop.db/out: not a directory; none is exported\n"
        "    Make room or mend the disk, and try again.\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("words, status, said", REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_said_and_nothing_is_touched(
    flight: Flight, tmp_path: Path, words: tuple[str, ...], status: int, said: str
) -> None:
    backup = taken(flight)
    sql(tmp_path / "precious.db", ORDERS)
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.db")}
    result = flight(*(word.replace("BACKUP", backup) for word in words))
    assert result.stderr == said.replace("BACKUP", backup).replace("FOLDER", str(tmp_path))
    assert (result.exit_code, result.stdout) == (status, "")
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.db")} == before


def test_an_encrypted_backup_is_not_restored_without_its_key(flight: Flight, tmp_path: Path) -> None:
    from pyrage import x25519

    key = x25519.Identity.generate()
    (tmp_path / "key").write_text(str(key))
    sealed = f"recipients: [{key.to_public()}]"
    write_plan(tmp_path, f"  main: {{kind: sqlite, path: shop.db, backup: {{{sealed}}}}}")
    backup = taken(flight)
    assert "schema, rows and checksums, encrypted" in flight("backups").stdout
    assert flight("restore", backup, "--into", "old").stderr == (
        f"backup {backup} of database main is encrypted, and no key is given that opens it\n"
        "    Set `backup.identity` to the file with the secret key.\n"
    )
    write_plan(tmp_path, f"  main: {{kind: sqlite, path: shop.db, backup: {{{sealed}, identity: {tmp_path}/key}}}}")
    assert flight("restore", backup, "--into", "old").exit_code == 0
    assert sql(tmp_path / "old.db", "select count(*) from orders") == [(10,)]


def test_what_differs_is_listed_by_key_and_the_status_says_it(flight: Flight, tmp_path: Path) -> None:
    flight("restore", taken(flight), "--into", "old")
    assert (flight("data-diff", "old").stdout, flight("data-diff", "old").exit_code) == ("1 table is the same\n", 0)
    sql(tmp_path / "shop.db", "delete from orders where id = 1", "update orders set what = 'paid' where id = 2",
        *(f"insert into orders values ({n}, 'new')" for n in range(11, 36)), "create table notes (n)")  # fmt: skip
    said = flight("data-diff", "old")
    new = ", ".join(str(number) for number in range(11, 31))
    assert said.stdout == (
        "notes: the same rows (only the right database has it)\n"
        "orders: 1 only left, 25 only right, 1 changed\n"
        f"  only left: 1\n  only right: {new}, and 5 more\n  changed: 2\n"
    )
    assert said.exit_code == 1
    assert flight("data-diff", "old", ".", "--table", "notes", "--json").exit_code == 1
    told = json.loads(flight("data-diff", ".", "old", "--table", "orders", "--json").stdout)
    (orders,) = told.pop("tables")
    assert told == {
        "left": ".", "right": "old", "same": False, "most_keys": 1000, "written": [], "exit_status": 1,
    }  # fmt: skip
    assert (orders["only_left"], orders["only_right"], orders["changed"]) == (25, 1, 1)
    assert orders["keys"]["only_right"] == [["1"]]


def test_rows_that_only_the_right_one_has_are_exported(flight: Flight, tmp_path: Path) -> None:
    flight("restore", taken(flight), "--into", "old")
    assert flight("data-diff", "old", "--export", "out").stdout == "1 table is the same\n"
    sql(tmp_path / "shop.db", "insert into orders values (11, null)", "update orders set what = '' where id = 2")
    said = flight("data-diff", "old", ".", "--export", "out")
    assert said.stdout.splitlines()[-2:] == [
        f"wrote {tmp_path}/out/orders.csv: 2 rows of orders", f"wrote {tmp_path}/out/SHA256SUMS",
    ]  # fmt: skip
    assert (tmp_path / "out" / "orders.csv").read_text() == '"id","what"\n2,""\n11,\n'


@pytest.mark.parametrize("table", sorted(REVISION_TABLES))
def test_the_table_of_a_migration_tool_is_named_as_one(flight: Flight, tmp_path: Path, table: str) -> None:
    holds = (f"create table {table} (version text primary key)", f"insert into {table} values ('one')")
    sql(tmp_path / "shop.db", *holds)
    flight("restore", taken(flight), "--into", "old")
    sql(tmp_path / "shop.db", f"insert into {table} values ('two')", "insert into orders values (1234, 'new')")
    said = flight("data-diff", "old", "--export", "rows").stdout.splitlines()
    assert f"{table}: 1 only right ({OF_THE_TOOL})" in said
    assert "orders: 1 only right" in said
    assert f"wrote {tmp_path / 'rows' / table}.csv: 1 rows of {table} ({OF_THE_TOOL})" in said
    told = json.loads(flight("data-diff", "old", "--json").stdout)["tables"]
    assert {one["table"]: one["of_the_migration_tool"] for one in told} == {table: True, "orders": False}


def test_where_the_plan_has_several_databases_it_must_be_said_which(flight: Flight, tmp_path: Path) -> None:
    write_plan(tmp_path, f"{MAIN}\n  users: {{kind: sqlite, path: users.db}}")
    sql(tmp_path / "users.db", ORDERS)
    said = flight("backups", "take")
    assert (said.exit_code, said.stderr) == (
        2, "which database? The plan has main, users\n    name one: flight backups take DATABASE\n",
    )  # fmt: skip
    backup = taken(flight, "users")
    assert f"users     {backup}" in flight("backups").stdout
    assert flight("restore", backup, "--into", "old_users").exit_code == 0
    assert flight("restore", "X", "--into", "y").stderr == (
        f"there is no backup X\n    The last ones are: main: none; users: {backup}.\n"
    )
    assert flight("data-diff", "old_users", "--database", "users").exit_code == 0


def test_while_a_release_is_under_way_backups_are_its_own_and_a_restore_beside_it_works(
    flight: Flight, tmp_path: Path
) -> None:
    backup = taken(flight)
    records = records_in(tmp_path / ".flight", FakeClock())
    records.lease.acquire()
    Written(records, FakeClock(), tmp_path)
    write_plan(tmp_path, MAIN)
    try:
        for words, ends in ((("take",), "taken"), (("prove", backup), "proven"), (("thin",), "removed")):
            said = flight("backups", *words)
            assert (said.exit_code, said.stderr) == (
                4,
                f"release 2026-11-21-143207-v2 has not ended, and it works with these backups itself; nothing was "
                f"{ends}\n    do it when it has ended; `flight status` shows how far it is\n",
            )
        assert flight("restore", backup, "--into", "old").exit_code == 0
        assert flight("data-diff", "old").exit_code == 0
    finally:
        records.lease.release()
        records.state.close()


def test_two_people_do_not_work_with_backups_at_the_same_time(flight: Flight, tmp_path: Path) -> None:
    backup = taken(flight)
    records = open_records(tmp_path / ".flight")
    try:
        with Lease(records.state, DATABASES):
            said = flight("restore", backup, "--into", "old")
            records.lease.acquire()  # a release can begin, or go back, meanwhile
            records.lease.release()
        assert said.exit_code == 4
        assert re.fullmatch(
            rf"flight is already at work on the databases here: pid {os.getpid()} \(\w+\) since \d\d:\d\d\.\n"
            r"    Wait until it has ended, or end it there\.\n", said.stderr,
        ), said.stderr  # fmt: skip
    finally:
        records.state.close()


def test_what_another_process_is_writing_is_not_taken_for_left(flight: Flight, tmp_path: Path) -> None:
    taken(flight)
    folder = tmp_path / ".flight" / "databases" / "main" / "backups"
    held, left = folder / ".20250101T000000Z.part", folder / ".opened-x"
    held.mkdir(), left.mkdir()
    holding = subprocess.Popen(
        [sys.executable, "-c", "import fcntl, os, sys; fcntl.flock(os.open(sys.argv[1], 0), fcntl.LOCK_SH); "
         "print(flush=True); sys.stdin.read()", str(held)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert holding.stdout is not None and holding.stdout.readline()
        taken(flight)
        assert (held.exists(), left.exists()) == (True, False)
    finally:
        holding.communicate()
    taken(flight)
    assert not held.exists()


@pytest.fixture
def shop(server: PostgresServer, flight: Flight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    name = server.new_database()
    server.execute(ORDERS, "insert into orders select n, 'first' from generate_series(1, 10) n", database=name)
    monkeypatch.setenv("SHOP_URL", server.url(name))
    write_plan(tmp_path, "  main: {kind: postgres, url: '${SHOP_URL}'}")
    yield name
    for one in (name, "old", "kept"):
        server.execute(f"drop database if exists {one} with (force)")


@pytest.mark.slow
def test_all_of_it_on_postgres(server: PostgresServer, shop: str, flight: Flight, tmp_path: Path) -> None:
    backup = taken(flight)
    said = flight("restore", backup, "--into", "old")
    assert said.exit_code == 0 and "10 rows in 1 tables; compared: schema, rows and checksums" in said.stdout
    assert re.search(r"^beside database main: old, restored, \S+ MiB$", flight("backups").stdout, re.MULTILINE)
    server.execute(
        "insert into orders values (11, 'new'), (12, null)", "update orders set what = 'paid' where id = 3",
        database=shop,
    )  # fmt: skip
    assert flight("data-diff", "old").stdout == (
        "public.orders: 2 only right, 1 changed\n  only right: 11, 12\n  changed: 3\n"
    )
    assert flight("data-diff", "old", "--table", "orders", "--export", "out").exit_code == 1
    assert (tmp_path / "out" / "public.orders.csv").read_text() == '"id","what"\n3,"paid"\n11,"new"\n12,\n'
    assert flight("restore", backup, "--into", shop).stderr.startswith(f"there is a database {shop} already")
    said = flight("data-diff", "nix")
    assert said.exit_code == 4 and 'database "nix" does not exist' in said.stderr


@pytest.mark.slow
def test_backups_are_listed_where_the_server_does_not_answer(
    shop: str, flight: Flight, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = taken(flight)
    monkeypatch.setenv("SHOP_URL", "postgresql://nobody@/shop?host=/nowhere")
    said = flight("backups")
    assert said.exit_code == 0 and backup in said.stdout
    assert "beside database main: not known, database main (postgres) cannot be reached: " in said.stdout


@pytest.mark.slow
def test_who_may_not_make_databases_is_told_so(
    server: PostgresServer, shop: str, flight: Flight, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = taken(flight)
    server.execute("drop role if exists weak", "create role weak login password 'weak'")
    server.execute("grant select on orders to weak", database=shop)
    monkeypatch.setenv("SHOP_URL", server.url(shop, "weak", "weak"))
    said = flight("restore", backup, "--into", "old")
    assert said.exit_code == 4
    assert said.stderr.startswith("the role weak may not create databases on the server of database main")
