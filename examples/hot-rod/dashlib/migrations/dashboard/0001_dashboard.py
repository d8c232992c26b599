"""What the tiles show: approvals, inventory, sales."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables; the shop has three articles and a first day of sales."""
    op.create_table(
        "approvals",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reference", sa.Text),
    )
    names = ("stock", "daily_use", "lead_days", "reserve")
    numbers = [sa.Column(name, sa.Integer, nullable=False) for name in names]
    inventory = op.create_table("inventory", sa.Column("sku", sa.Text, primary_key=True), *numbers)
    articles = (("wheel", 40, 3, 7, 10), ("decal", 12, 5, 2, 5), ("helmet", 3, 1, 14, 2))
    op.bulk_insert(inventory, [dict(zip(("sku", *names), article, strict=True)) for article in articles])
    sales = op.create_table(
        "sales",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("cents", sa.Integer, nullable=False),
    )
    op.bulk_insert(sales, [{"day": "2025-10-19", "cents": cents} for cents in (12900, 4500, 990)])


def downgrade() -> None:
    """Drop them, with everything in them."""
    for table in ("sales", "inventory", "approvals"):
        op.drop_table(table)
