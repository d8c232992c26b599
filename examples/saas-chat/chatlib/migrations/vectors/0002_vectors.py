"""The vectors of the messages, from now on in this database. Version 1 need not know them: expand-only."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "vectors",
        sa.Column("message", sa.Integer, primary_key=True),
        sa.Column("vector", sa.Text, nullable=False),
    )


def downgrade() -> None:
    """Drop it; what is in it can be worked out anew."""
    op.drop_table("vectors")
