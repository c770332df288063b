"""Teams' last positions, stop orders, the road graph; the team that has a case."""

from alembic import op

from app.migrations.helpers import read_sql

revision = "0022"
down_revision = "0019"

TABLES = ("road_graph", "road_edges", "dispatch_stops", "dispatch_routes", "team_positions")


def upgrade() -> None:
    op.execute(read_sql("0022_dispatch.sql"))


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("cases", "team_id")
