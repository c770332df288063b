"""Kept views, prints, embedded maps."""

from alembic import op

from app.migrations.helpers import read_sql

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.execute(read_sql("0034_printing.sql"))


def downgrade() -> None:
    for table in ("embeds", "print_jobs", "kept_views"):
        op.drop_table(table)
