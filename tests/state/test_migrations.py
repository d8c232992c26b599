from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, text

from flightrules.domain.events import FIRST
from flightrules.state import schema, tables
from flightrules.state.database import open_state
from flightrules.testing.fake_clock import FakeClock


def migrated(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        schema.migrate(connection)
    return engine


def shape(engine: Engine) -> set[tuple[str, str]]:
    """Every table and index, as SQLite has them, whatever the spaces."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '%alembic%'")).all()
    return {(name, " ".join((sql or "").split())) for name, sql in rows}


def test_the_head_that_the_program_knows_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "flightrules.state:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [tables.HEAD]


def test_migrations_make_what_the_tables_say(tmp_path: Path) -> None:
    with migrated(tmp_path / "migrated.db").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []


def test_a_migrated_database_is_the_same_as_a_new_one(tmp_path: Path) -> None:
    open_state(tmp_path, FakeClock()).close()
    new = create_engine(f"sqlite:///{tmp_path / 'flight.db'}")
    old = migrated(tmp_path / "migrated.db")
    assert {name for name, _ in shape(old)} == {name for name, _ in shape(new)}
    for engine in (new, old):
        with engine.connect() as connection:
            assert connection.execute(text("SELECT * FROM head")).all() == [(1, 0, FIRST)]
