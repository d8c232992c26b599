"""The audit log names orders by their reference: no two may have the same.

Nothing is lost, but older versions of the shop may see orders refused that they would have taken: reversible.
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Refuse a second order with the same reference."""
    op.create_index("orders_reference", "orders", ["reference"], unique=True)


def downgrade() -> None:
    """Take such orders again."""
    op.drop_index("orders_reference", "orders")
