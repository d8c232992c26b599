"""Where the judging stood after a look. A release that is under way has none yet: its looks are shown again once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the tables, empty."""
    op.create_table(
        "checkpoints",
        sa.Column("look", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("look", name="pk_checkpoints"),
        sa.ForeignKeyConstraint(["release"], ["releases.id"], name="fk_checkpoints_release"),
    )
    op.create_index("ix_checkpoints_release", "checkpoints", ["release"])
    op.create_table(
        "hold_looks",
        sa.Column("look", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("look", name="pk_hold_looks"),
        sa.ForeignKeyConstraint(["release"], ["releases.id"], name="fk_hold_looks_release"),
    )
    op.create_index("ix_hold_looks_release", "hold_looks", ["release"])
