"""The messages of all conversations."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "messages",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("conversation", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("reference", sa.Text),
    )
    op.create_index("messages_conversation", "messages", ["conversation"])


def downgrade() -> None:
    """Drop it, with every message."""
    op.drop_table("messages")
