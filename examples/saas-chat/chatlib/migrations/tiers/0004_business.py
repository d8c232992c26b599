"""Whoever pays becomes a business customer. What somebody had before is gone: destructive.

Its defect: nobody told the accounts and the billing of the new tier.
"""

from alembic import op

revision = "0004"
down_revision = "0002"


def upgrade() -> None:
    """Overwrite what they had."""
    op.execute("update users set tier = 'business' where tier = 'paid'")


def downgrade() -> None:
    """Put back what it most likely was."""
    op.execute("update users set tier = 'paid' where tier = 'business'")
