"""How people who don't work here report: who did by phone and on the public page, and how often that was used."""

from alembic import op

from app.migrations.helpers import read_sql

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.execute(read_sql("0027_channels.sql"))


def downgrade() -> None:
    op.drop_table("public_uses")
    op.drop_table("case_reporters")
