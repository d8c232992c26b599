"""What was counted between two looks, beside the evidence so far. A release from before has none of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table, empty: it follows from the looks of a release that is under way."""
    op.create_table(
        "increments",
        sa.Column("look", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("candidate_requests", sa.Integer(), nullable=False),
        sa.Column("candidate_bad", sa.Integer(), nullable=False),
        sa.Column("stable_requests", sa.Integer(), nullable=False),
        sa.Column("stable_bad", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("look", "service", name="pk_increments"),
        sa.ForeignKeyConstraint(["look"], ["observations.id"], name="fk_increments_look"),
        sa.ForeignKeyConstraint(["release"], ["releases.id"], name="fk_increments_release"),
    )
    op.create_index("ix_increments_release", "increments", ["release", "look"])
