"""Data sets as they stood: what their rows were, kept with each change."""

from alembic import op

from app.migrations.helpers import read_sql

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    op.execute(read_sql("0039_dataset_past.sql"))


def downgrade() -> None:
    op.execute(read_sql("0039_dataset_past_down.sql"))
