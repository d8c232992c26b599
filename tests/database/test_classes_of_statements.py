"""What a migration's SQL is taken for, statement by statement: when in doubt, `unknown`."""

import pytest

from flightrules.databases._sql import statements
from flightrules.domain.migrations import Finding, MigrationClass, PendingMigration, by_class, judge, worst

EXPAND = """
BEGIN
COMMIT
SET lock_timeout = '5s'
CREATE TABLE a (id serial primary key, n text not null)
CREATE TABLE IF NOT EXISTS a (id int)
CREATE TEMP TABLE a (id int)
CREATE TABLE a AS SELECT * FROM b
SELECT 1 INTO newtab FROM a
ALTER TABLE orders ADD COLUMN note text
ALTER TABLE orders ADD note text NULL
ALTER TABLE ONLY public.orders ADD COLUMN IF NOT EXISTS note text NOT NULL DEFAULT 'x'
ALTER TABLE orders ADD COLUMN a int REFERENCES t (id) UNIQUE
ALTER TABLE orders ADD COLUMN n bigserial NOT NULL
ALTER TABLE orders ADD COLUMN n int GENERATED ALWAYS AS IDENTITY NOT NULL
ALTER TABLE orders VALIDATE CONSTRAINT c
ALTER TYPE mood ADD VALUE IF NOT EXISTS 'glad' BEFORE 'sad'
CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON orders (a)
CREATE VIEW v AS SELECT 1
CREATE FUNCTION f() RETURNS int AS $$ select 1; select 2 $$ LANGUAGE sql
CREATE TYPE mood AS ENUM ('a', 'b')
CREATE EXTENSION IF NOT EXISTS pgcrypto
CREATE SCHEMA s
CREATE SEQUENCE s
GRANT SELECT ON a TO b
COMMENT ON TABLE a IS 'drop table a;'
UPDATE alembic_version SET version_num='b' WHERE alembic_version.version_num = 'a'
INSERT INTO alembic_version (version_num) VALUES ('a') RETURNING alembic_version.version_num
SELECT count(*) FROM a
"""
REVERSIBLE = """
ALTER TABLE orders ADD COLUMN note text NOT NULL
ALTER TABLE orders ADD COLUMN note text DEFAULT 'x' UNIQUE
ALTER TABLE orders ADD CONSTRAINT c CHECK (a > 0) NOT VALID
ALTER TABLE orders ADD CONSTRAINT c FOREIGN KEY (a) REFERENCES b (id)
ALTER TABLE orders ADD UNIQUE (a)
ALTER TABLE orders DROP CONSTRAINT c
ALTER TABLE orders RENAME COLUMN a TO b
ALTER TABLE orders RENAME TO b
ALTER TABLE orders ALTER COLUMN a SET NOT NULL
ALTER TABLE orders ALTER COLUMN a DROP NOT NULL
ALTER TABLE orders ALTER COLUMN a SET DEFAULT 3
ALTER TABLE orders ALTER COLUMN a DROP DEFAULT
ALTER TABLE orders ENABLE ROW LEVEL SECURITY
ALTER TABLE orders SET SCHEMA x
ALTER TYPE mood RENAME VALUE 'x' TO 'y'
ALTER INDEX a RENAME TO b
CREATE UNIQUE INDEX i ON orders (a)
CREATE OR REPLACE VIEW v AS SELECT 1
CREATE OR REPLACE FUNCTION f() RETURNS int AS $$ select 1 $$ LANGUAGE sql
CREATE POLICY p ON a USING (true)
DROP INDEX CONCURRENTLY i
DROP VIEW v
DROP FUNCTION f()
DROP TYPE mood
INSERT INTO a (x) VALUES (1)
INSERT INTO a (x) VALUES (1) ON CONFLICT (x) DO NOTHING
REVOKE SELECT ON a FROM b
"""
UNKNOWN = """
ALTER TABLE orders ALTER COLUMN a TYPE bigint USING a::bigint
ALTER TABLE orders DROP CONSTRAINT c CASCADE
ALTER TABLE orders DISABLE TRIGGER ALL
ALTER TABLE a DETACH PARTITION b
ALTER SEQUENCE s RESTART
CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f()
CREATE TABLE a AS SELECT f() FROM b
CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END
DROP TYPE mood CASCADE
DROP VIEW v CASCADE
DROP EXTENSION pgcrypto
DO $$ BEGIN DROP TABLE a; END $$
CALL p()
SELECT f()
SELECT setval('s', 3)
INSERT INTO a SELECT f(x) FROM b
WITH d AS (DELETE FROM a RETURNING *) INSERT INTO b SELECT * FROM d
WITH d AS (DELETE FROM a RETURNING *) SELECT * FROM d
EXPLAIN ANALYZE DELETE FROM a
COPY a FROM '/tmp/x'
SET search_path = other
SET session_replication_role = replica
VACUUM FULL a
EXECUTE plan
ALTER TABLE orders ADD COLUMN a int FROBNICATED
\\i other.sql
'an open string
"""
DESTRUCTIVE = """
DROP TABLE a
DROP TABLE IF EXISTS a CASCADE
DROP TABLE a, b
DROP SCHEMA s CASCADE
DROP SEQUENCE s
ALTER TABLE orders DROP COLUMN a CASCADE
ALTER TABLE orders DROP a
ALTER TABLE orders ADD COLUMN a int, DROP COLUMN b
UPDATE a SET b = 1
DELETE FROM a
TRUNCATE a
MERGE INTO a USING b ON a.i = b.i WHEN MATCHED THEN DELETE
INSERT INTO a (x) VALUES (1) ON CONFLICT (x) DO UPDATE SET x = 2
"""
TABLE = {
    MigrationClass.EXPAND_ONLY: EXPAND,
    MigrationClass.REVERSIBLE: REVERSIBLE,
    MigrationClass.UNKNOWN: UNKNOWN,
    MigrationClass.DESTRUCTIVE: DESTRUCTIVE,
}
CASES = [(sql, expected) for expected, lines in TABLE.items() for sql in lines.strip().splitlines()]


def findings(sql: str, dialect: str = "postgres") -> tuple[Finding, ...]:
    return judge(statements(sql, dialect))


@pytest.mark.parametrize("sql, expected", CASES, ids=[sql for sql, _ in CASES])
def test_a_statement_is(sql: str, expected: MigrationClass) -> None:
    assert worst(findings(sql)) is expected


def test_what_a_migration_makes_it_may_change_fill_and_drop() -> None:
    made = """
        CREATE TABLE prices (id int); CREATE UNIQUE INDEX i ON prices (id);
        INSERT INTO prices SELECT id FROM orders; DELETE FROM prices; DROP TABLE prices;
        ALTER TABLE orders ADD COLUMN total numeric; UPDATE orders SET total = price * 2;
    """
    assert worst(findings(made)) is MigrationClass.EXPAND_ONLY


@pytest.mark.parametrize(
    "sql, expected",
    [
        ("CREATE TABLE IF NOT EXISTS a (i int); DROP TABLE a", MigrationClass.DESTRUCTIVE),
        ("CREATE TABLE s.a (i int); DROP TABLE a", MigrationClass.DESTRUCTIVE),
        ('CREATE TABLE "A" (i int); DROP TABLE a', MigrationClass.DESTRUCTIVE),
        ("CREATE TABLE a (i int); DROP TABLE a; DROP TABLE a", MigrationClass.DESTRUCTIVE),
        ("CREATE TABLE a (i int); ALTER TABLE a RENAME TO b; DROP TABLE b", MigrationClass.DESTRUCTIVE),
        ("CREATE TABLE a (i int); DROP TABLE a CASCADE", MigrationClass.DESTRUCTIVE),
        ("ALTER TABLE a ADD COLUMN n int; UPDATE a SET n = 1, old = 2", MigrationClass.DESTRUCTIVE),
        ("ALTER TABLE a ADD COLUMN IF NOT EXISTS n int; UPDATE a SET n = 1", MigrationClass.DESTRUCTIVE),
        ("ALTER TABLE a ADD COLUMN n int; ALTER TABLE a ALTER n SET NOT NULL", MigrationClass.REVERSIBLE),
        ("ALTER TABLE a ADD COLUMN n int; UPDATE a SET n = f(old)", MigrationClass.UNKNOWN),
    ],
)
def test_what_a_migration_may_not_have_made_is_judged_as_if_it_were_there_before(
    sql: str, expected: MigrationClass
) -> None:
    assert worst(findings(sql)) is expected


def test_a_migration_is_what_its_worst_statement_is_and_each_has_its_reason() -> None:
    found = findings("CREATE TABLE a (id int); ALTER TABLE b RENAME TO c; SELECT f(); DROP TABLE d")
    assert [(one.statement, one.why) for one in found] == [
        ("CREATE TABLE a (id int)", "it adds a table that stable does not use"),
        ("ALTER TABLE b RENAME TO c", "stable knows it under its old name"),
        ("SELECT f()", "it runs code that the SQL does not show"),
        ("DROP TABLE d", "the rows of the table are lost"),
    ]
    assert worst(found) is MigrationClass.DESTRUCTIVE
    assert list(by_class(found)) == list(reversed(MigrationClass))


def test_nothing_at_all_only_expands() -> None:
    assert findings("-- nothing\n;;") == ()
    assert worst(()) is MigrationClass.EXPAND_ONLY


def test_semicolons_in_strings_and_bodies_divide_nothing() -> None:
    assert [one.statement for one in findings("SELECT ';'; SELECT $$ ; $$")] == ["SELECT ';'", "SELECT $$ ; $$"]


def test_sqlite_is_read_in_its_own_words() -> None:
    assert worst(findings("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)", "sqlite")) is (
        MigrationClass.EXPAND_ONLY
    )
    assert worst(findings("INSERT OR REPLACE INTO t VALUES (1)", "sqlite")) is MigrationClass.DESTRUCTIVE
    assert worst(findings("PRAGMA writable_schema = 1", "sqlite")) is MigrationClass.UNKNOWN


@pytest.mark.parametrize(
    "sql, alone",
    [
        ("delete from orders", True), ("update orders set paid = false", True), ("do $$ begin end $$", True),
        ("alter table orders drop column old", False), ("drop table orders", False),
        ("create table new (id int); insert into new values (1); delete from new", False),
    ],
)  # fmt: skip
def test_what_may_lose_rows_of_which_no_schema_tells_is_known(sql: str, alone: bool) -> None:
    assert PendingMigration("a1", findings=findings(sql)).rows_alone is alone


def test_where_nobody_knows_the_sql_rows_may_be_lost() -> None:
    assert PendingMigration("a1", why="nothing prints the SQL").rows_alone


@pytest.mark.parametrize("nested", ["select " + "(" * 5000 + "1" + ")" * 5000, "select 1" + " union select 1" * 5000])
def test_what_is_nested_too_deeply_to_be_read_is_unknown(nested: str) -> None:
    first, second = findings(f"{nested}; drop table orders")
    assert first.migration_class in (MigrationClass.UNKNOWN, MigrationClass.EXPAND_ONLY)
    assert second.migration_class is MigrationClass.DESTRUCTIVE


def test_what_is_too_long_to_be_read_is_unknown_and_takes_no_memory() -> None:
    rows = ", ".join(["(1, 'a row')"] * 50_000)
    first, second = findings(f"insert into orders values {rows}; drop table orders")
    assert first.migration_class is MigrationClass.UNKNOWN
    assert second.migration_class is MigrationClass.DESTRUCTIVE
    [whole] = findings("select 1; " * 500_000)
    assert whole.migration_class is MigrationClass.UNKNOWN and len(whole.statement) <= 200
