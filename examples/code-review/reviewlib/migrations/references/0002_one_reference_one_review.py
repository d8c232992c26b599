"""A push that is sent twice is reviewed once: no two reviews may have the same reference.

Nothing is lost, but the version before may see reviews refused that it would have taken: reversible.
"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Refuse a second review with the same reference."""
    op.create_index("reviews_reference", "reviews", ["reference"], unique=True)


def downgrade() -> None:
    """Take such reviews again."""
    op.drop_index("reviews_reference", "reviews")
