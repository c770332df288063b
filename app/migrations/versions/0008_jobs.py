"""The job queue: procrastinate's own tables, types and functions, as its version 3.10 ships them (MIT licence)."""

from alembic import op

from app.migrations.helpers import read_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(read_sql("0008_jobs.sql"))


def downgrade() -> None:
    op.execute(read_sql("0008_jobs_down.sql"))
