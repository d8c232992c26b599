"""A message that a browser sends twice is kept once. Older versions may see one refused: reversible."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Refuse a second message with the same reference."""
    op.create_index("messages_reference", "messages", ["reference"], unique=True)


def downgrade() -> None:
    """Take such messages again."""
    op.drop_index("messages_reference", "messages")
