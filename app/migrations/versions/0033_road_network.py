"""The road network holds all ways with their kind, and lines in metres; it is made anew when it is next asked for."""

from alembic import op

from app.migrations.helpers import read_sql

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.execute(read_sql("0033_road_network.sql"))


def downgrade() -> None:
    op.execute(read_sql("0033_road_network_down.sql"))
