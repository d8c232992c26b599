"""A line about oneself below the name. The version before need not know it: expand-only."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; it may stay empty."""
    op.add_column("profiles", sa.Column("headline", sa.Text))


def downgrade() -> None:
    """Drop it, with every headline."""
    op.drop_column("profiles", "headline")
