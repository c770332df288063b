"""Kept views, prints, embedded maps."""

from alembic import op

from app.migrations.helpers import read_sql

revision = "0035"
down_revision = "0031"


def upgrade() -> None:
    op.execute(read_sql("0035_printing.sql"))


def downgrade() -> None:
    for table in ("embeds", "print_jobs", "kept_views"):
        op.drop_table(table)
