"""The upload doctor: kept originals with what was found in them, and how each layer was made of its original."""

from alembic import op

from app.migrations.helpers import read_sql

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.execute(read_sql("0031_doctor.sql"))


def downgrade() -> None:
    op.execute("ALTER TABLE datasets DROP COLUMN making, DROP COLUMN upload_id, DROP COLUMN about")
    op.drop_table("dataset_uploads")
