"""Who decided an approval. Older versions need not know it: expand-only."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; it may stay empty."""
    op.add_column("approvals", sa.Column("decided_by", sa.Text))


def downgrade() -> None:
    """Drop it, with what is in it."""
    op.drop_column("approvals", "decided_by")
