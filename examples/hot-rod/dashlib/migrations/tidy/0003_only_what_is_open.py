"""Approvals that were decided clutter the drawer, and go. They are gone then: destructive."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Delete what was decided."""
    op.execute("delete from approvals where state <> 'open'")


def downgrade() -> None:
    """Only a backup brings them back."""
