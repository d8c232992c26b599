"""Brings a database to the schema of this program: makes a new one, migrates an old one, refuses a newer one.

Alembic is imported only when there is something to migrate; it is slow to import and that is rare.
"""

from __future__ import annotations

from sqlalchemy import Column, Connection, MetaData, Table, Text, inspect, select

from flightrules.domain.errors import StateUnusable
from flightrules.domain.events import FIRST
from flightrules.state import tables

_revision = Table("alembic_version", MetaData(), Column("version_num", Text, primary_key=True))


def bring_up_to_date(connection: Connection, where: str) -> None:
    """Make the schema that of `tables.HEAD`, within the transaction of `connection`.

    Raises `StateUnusable` for a database that a newer program wrote.
    """
    stored = stored_revision(connection)
    if stored == tables.HEAD:
        return
    if stored is None:
        _create(connection, where)
    elif stored > tables.HEAD:
        raise StateUnusable(
            f"{where} was written by a newer flight (its schema is {stored}, this program knows {tables.HEAD})",
            "Upgrade flight (pip install --upgrade flightrules), or use another state with --state DIR.",
        )
    else:
        migrate(connection)


def stored_revision(connection: Connection) -> str | None:
    """Return the revision of the schema in the database, or None where there is no schema."""
    if not inspect(connection).has_table(_revision.name):
        return None
    return connection.scalar(select(_revision.c.version_num))


def _create(connection: Connection, where: str) -> None:
    """Make all tables at once: the same schema as running every migration, without importing Alembic."""
    strangers = inspect(connection).get_table_names()
    if strangers:
        raise StateUnusable(
            f"{where} is a database of something else: it has the table {strangers[0]}",
            "Use another state with --state DIR.",
        )
    tables.metadata.create_all(connection)
    connection.execute(tables.head.insert().values(id=1, number=0, hash=FIRST))
    _revision.create(connection)
    connection.execute(_revision.insert().values(version_num=tables.HEAD))


def migrate(connection: Connection) -> None:
    """Run every migration that is missing, within the transaction of `connection`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "flightrules.state:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
