"""Counts of cases and data sets by square of the tile grid, kept with each write."""

from alembic import op

from app.migrations.helpers import read_sql

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.execute(read_sql("0028_squares.sql"))


def downgrade() -> None:
    for how in ("added", "removed", "moved"):
        op.execute(f"DROP TRIGGER case_squares_{how} ON cases")
        op.execute(f"DROP FUNCTION case_squares_{how}()")
    op.execute("DROP FUNCTION sum_case_squares(), count_dataset_row(bigint, geometry, integer)")
    op.execute("DROP FUNCTION fill_dataset_squares(bigint, text)")
    for name in ("case_square_deltas", "case_squares", "dataset_squares"):
        op.drop_table(name)
    op.execute("DROP FUNCTION world_square(double precision, integer)")
    op.execute("DROP FUNCTION world_v(double precision), world_u(double precision)")
