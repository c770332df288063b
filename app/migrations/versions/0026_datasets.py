"""Data sets: layers of rows from outside the registers; each has a table of its own, made when it is added."""

from alembic import op

from app.migrations.helpers import read_sql

revision = "0026"
down_revision = "0022"


def upgrade() -> None:
    op.execute(read_sql("0026_datasets.sql"))


def downgrade() -> None:
    op.execute(
        "DO $$ DECLARE one bigint; BEGIN FOR one IN SELECT id FROM datasets LOOP "
        "EXECUTE format('DROP TABLE IF EXISTS %I', 'dataset_' || one); END LOOP; END $$"
    )
    op.drop_table("datasets")
