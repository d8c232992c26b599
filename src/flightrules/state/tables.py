"""The tables of the state database. What is written in them is the business of the modules beside this one.

A change here needs a new migration under `migrations/versions/` and a new `HEAD`; a test compares the two.
Times are seconds since 1970-01-01 UTC. Columns that hold JSON are text: SQLite would store nothing else.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

HEAD = "0003"
"""The newest migration: known here so that opening an up-to-date database does not need Alembic."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

releases = Table(
    "releases",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("plan_text", Text, nullable=False),
    Column("plan_digest", Text, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("started_by", Text, nullable=False),
    Column("ended_at", Double),
    Column("outcome", Text),
)

deployments = Table(
    "deployments",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("service", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("since", Double, nullable=False),
    Column("release", Text, ForeignKey("releases.id"), nullable=False),
    Column("ended_at", Double),
)
Index("uq_deployments_stable", deployments.c.service, unique=True, sqlite_where=text("ended_at IS NULL"))

signals = Table(
    "signals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("release", Text, ForeignKey("releases.id"), nullable=False),
    Column("ask", Text, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("sent_at", Double, nullable=False),
    Column("taken_at", Double),
    Column("answer", Text),
)
Index("ix_signals_waiting", signals.c.release, sqlite_where=text("taken_at IS NULL"))

observations = Table(
    "observations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("release", Text, ForeignKey("releases.id"), nullable=False),
    Column("stage", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("record", Text, nullable=False),
)
# SQLite appends the row's id to every index, so these also serve "after this id, in order".
Index("ix_observations_release", observations.c.release)
Index("ix_observations_stage", observations.c.release, observations.c.stage)

increments = Table(
    "increments",
    metadata,
    Column("look", Integer, ForeignKey("observations.id"), primary_key=True, autoincrement=False),
    Column("service", Text, primary_key=True),
    Column("release", Text, ForeignKey("releases.id"), nullable=False),
    Column("at", Double, nullable=False),
    Column("stage", Text, nullable=False),
    Column("candidate_requests", Integer, nullable=False),
    Column("candidate_bad", Integer, nullable=False),
    Column("stable_requests", Integer, nullable=False),
    Column("stable_bad", Integer, nullable=False),
    Column("evidence", Text, nullable=False),
)
Index("ix_increments_release", increments.c.release, increments.c.look)

# Nothing refers to looks here: a shortcut past them stands in the way of nothing that is done to them.
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("look", Integer, primary_key=True, autoincrement=False),
    Column("release", Text, ForeignKey("releases.id"), nullable=False),
    Column("record", Text, nullable=False),
    Column("digest", Text, nullable=False),
)
Index("ix_checkpoints_release", checkpoints.c.release)

hold_looks = Table(
    "hold_looks",
    metadata,
    Column("look", Integer, primary_key=True, autoincrement=False),
    Column("release", Text, ForeignKey("releases.id"), nullable=False),
    Column("record", Text, nullable=False),
    Column("digest", Text, nullable=False),
)
Index("ix_hold_looks_release", hold_looks.c.release)

leases = Table(
    "leases",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("token", Integer, nullable=False),
    Column("holder", Text, nullable=False),
    Column("since", Double, nullable=False),
)

entries = Table(
    "entries",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("kind", Text, nullable=False),
    Column("release", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("key", Text),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    UniqueConstraint("release", "key"),
)
Index("ix_entries_release", entries.c.release)

head = Table(
    "head",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="single"), primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("hash", Text, nullable=False),
)
