"""The queue: saved views, bulk acts found by their batch, open cases in the order in which they fall due."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

OPEN = "status IN ('reported', 'verifying', 'filed', 'handling', 'checking', 'suspended', 'transferred')"


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(), nullable=True),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_saved_views_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
    )
    op.create_index(op.f("ix_saved_views_account_id"), "saved_views", ["account_id"])
    op.create_index("ix_case_moves_batch", "case_moves", ["batch"], postgresql_where=sa.text("batch IS NOT NULL"))
    for by in ("due_at", "reported_at"):
        op.create_index(
            f"ix_cases_open_{by}", "cases", [by, "id"],
            postgresql_include=["area_code", "status"], postgresql_where=sa.text(OPEN),
        )  # fmt: skip


def downgrade() -> None:
    for by in ("due_at", "reported_at"):
        op.drop_index(f"ix_cases_open_{by}", table_name="cases")
    op.drop_index("ix_case_moves_batch", table_name="case_moves")
    op.drop_table("saved_views")
