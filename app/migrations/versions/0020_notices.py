"""Notices: events to be told, what was told, messages on their way, the city's words and rules; warnings of cases."""

from alembic import op

from app.migrations.helpers import read_sql, seal

revision = "0020"
down_revision = "0016"

TABLES = (
    "case_ladders", "case_watch", "case_warnings", "notice_settings", "notice_rules", "notice_templates",
    "notice_deliveries", "notice_webhooks", "notices", "notice_events",
)  # fmt: skip


def upgrade() -> None:
    op.execute(read_sql("0020_notices.sql"))
    seal("case_warnings")


def downgrade() -> None:
    op.drop_column("accounts", "email")
    op.drop_index("ix_cases_yellow_at_open", table_name="cases")
    for table in TABLES:
        op.drop_table(table)
