"""Which product a reply suggested. Older versions need not know it: expand-only."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; it may stay empty."""
    op.add_column("messages", sa.Column("product", sa.Text))


def downgrade() -> None:
    """Drop it, with what is in it."""
    op.drop_column("messages", "product")
