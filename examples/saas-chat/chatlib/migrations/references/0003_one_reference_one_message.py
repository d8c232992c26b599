"""A message that is sent twice is kept once: no two may have the same reference.

Nothing is lost, but older versions may see messages refused that they would have taken: reversible.
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Refuse a second message with the same reference."""
    op.create_index("messages_reference", "messages", ["reference"], unique=True)


def downgrade() -> None:
    """Take such messages again."""
    op.drop_index("messages_reference", "messages")
