"""Kept counts of cases by class, month, department, channel and kind of place as well."""

from alembic import op

from app.migrations.helpers import read_sql

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    op.execute(read_sql("0038_facets.sql"))


def downgrade() -> None:
    op.execute(read_sql("0038_facets_down.sql"))
