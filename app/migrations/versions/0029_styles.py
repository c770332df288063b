"""Kept styles of layers, and the layers that an account keeps at hand."""

from alembic import op

from app.migrations.helpers import read_sql

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.execute(read_sql("0029_styles.sql"))


def downgrade() -> None:
    op.drop_table("layer_favourites")
    op.drop_table("map_styles")
