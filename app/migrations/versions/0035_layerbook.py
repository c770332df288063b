"""The book of layers: rules about who sees what, and words that were changed."""

from alembic import op

from app.migrations.helpers import read_sql

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.execute(read_sql("0035_layerbook.sql"))


def downgrade() -> None:
    for table in ("layer_words", "layer_rules"):
        op.drop_table(table)
