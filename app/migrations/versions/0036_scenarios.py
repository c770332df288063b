"""Scenarios and their runs."""

from alembic import op

from app.migrations.helpers import read_sql

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.execute(read_sql("0036_scenarios.sql"))


def downgrade() -> None:
    for table in ("scenario_runs", "scenarios"):
        op.drop_table(table)
