"""Kept counts of cases by class, month, department, channel and kind of place as well."""

from alembic import op

from app.migrations.helpers import read_sql

revision = "0038"
down_revision = "0037"
# Where the parts of 0028 that are taken back begin and end
PARTS = (("CREATE TABLE case_squares", "-- The squares of a data set"),
         ("CREATE FUNCTION case_squares_added", "SELECT fill_dataset_squares(id"))  # fmt: skip


def upgrade() -> None:
    op.execute(read_sql("0038_facets.sql"))


def downgrade() -> None:
    op.execute(read_sql("0038_facets_down.sql"))
    before = read_sql("0028_squares.sql")
    for begin, end in PARTS:
        op.execute(before[before.index(begin) : before.index(end)])
