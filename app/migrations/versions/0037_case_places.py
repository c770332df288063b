"""Cases as they stood: their earlier places, and the newest move until a moment."""

from alembic import op

from app.migrations.helpers import guard_located, read_sql

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.execute(read_sql("0037_case_places.sql"))
    guard_located("case_places")


def downgrade() -> None:
    op.execute("CREATE INDEX ix_case_moves_case_id ON case_moves (case_id)")
    op.execute("DROP INDEX ix_case_moves_case_id_at")
    op.execute("DROP TRIGGER kept_place ON cases")
    op.execute("DROP TABLE case_places")
    op.execute("DROP FUNCTION refuse_case_place")
    op.execute("DROP FUNCTION keep_case_place")
