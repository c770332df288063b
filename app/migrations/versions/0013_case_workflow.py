"""Workflow of all kinds of matter; cases move by it; filing conditions; the duty chief."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.migrations.helpers import read_sql

revision = "0013"
down_revision = "0012"

ROLES = (
    "inspector", "intake", "dispatcher", "department", "commander", "planner", "clerk", "leader", "administrator"
)  # fmt: skip


def upgrade() -> None:
    _workflow_tables()
    op.create_table(
        "filing_conditions",
        sa.Column("class_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("text_zh", sa.String(), nullable=False),
        sa.Column("text_en", sa.String(), nullable=False),
        sa.Column("limits", postgresql.JSONB(), nullable=False),
        sa.Column("closing_zh", sa.String(), server_default="", nullable=False),
        sa.Column("closing_en", sa.String(), server_default="", nullable=False),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("needs_photo", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("needs_check", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("photo_within_m", sa.Double(), nullable=True),
        sa.Column("valid_from_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("valid_to_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source", sa.String(), server_default="", nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["class_id"], ["case_classes.id"], name=op.f("fk_filing_conditions_class_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing_conditions")),
    )
    op.create_index(
        "uq_filing_conditions_open", "filing_conditions", ["class_id", "code"], unique=True,
        postgresql_where=sa.text("valid_to_at IS NULL"),
    )  # fmt: skip
    for column in _case_columns():
        op.add_column("cases", column)
    op.create_foreign_key(op.f("fk_cases_condition_id"), "cases", "filing_conditions", ["condition_id"], ["id"])
    op.create_foreign_key(op.f("fk_cases_parent_id"), "cases", "cases", ["parent_id"], ["id"])
    op.create_foreign_key(op.f("fk_cases_merged_into_id"), "cases", "cases", ["merged_into_id"], ["id"])
    for name in ("wake_at", "parent_id", "merged_into_id"):
        op.create_index(f"ix_cases_{name}", "cases", [name], postgresql_where=sa.text(f"{name} IS NOT NULL"))
    for column in _move_columns():
        op.add_column("case_moves", column)
    op.execute("ALTER TABLE case_moves DROP CONSTRAINT ck_case_moves_casestatus")
    op.execute("ALTER TABLE case_moves ALTER COLUMN to_status TYPE text")
    op.add_column("case_photos", sa.Column("move_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(op.f("fk_case_photos_move_id"), "case_photos", "case_moves", ["move_id"], ["id"])
    op.execute(read_sql("0013_case_workflow.sql"))
    op.create_check_constraint(op.f("ck_cases_clock"), "cases", "(due_at IS NULL) = (yellow_at IS NULL)")
    op.alter_column("case_moves", "act", server_default=None)
    _roles((*ROLES, "chief"))


def downgrade() -> None:
    op.execute("DELETE FROM api_tokens USING accounts a WHERE a.id = account_id AND a.role = 'chief'")
    op.execute("UPDATE accounts SET role = 'intake' WHERE role = 'chief'")
    _roles(ROLES)
    op.drop_constraint(op.f("fk_case_photos_move_id"), "case_photos")
    op.drop_column("case_photos", "move_id")
    op.execute("ALTER TABLE case_moves ALTER COLUMN to_status TYPE varchar(32)")
    op.execute(
        "ALTER TABLE case_moves ADD CONSTRAINT ck_case_moves_casestatus CHECK (to_status IN ('reported', 'verifying', 'filed', "
        "'handling', 'checking', 'closed', 'refused', 'suspended', 'void'))"
    )
    for column in reversed(_move_columns()):
        op.drop_column("case_moves", column.name)
    op.drop_constraint(op.f("ck_cases_clock"), "cases")
    for name in ("wake_at", "parent_id", "merged_into_id"):
        op.drop_index(f"ix_cases_{name}", table_name="cases")
    for column in reversed(_case_columns()):
        op.drop_column("cases", column.name)
    op.execute("DROP FUNCTION case_act(text, text)")
    op.drop_table("filing_conditions")
    for table in ("workflow_labels", "workflow_tasks", "workflow_requests"):
        op.drop_table(table)


def _case_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("clock", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("yellow_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stage_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wake_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("wake_act", sa.String(), nullable=True),
        sa.Column("condition_id", sa.BigInteger(), nullable=True),
        sa.Column("is_deferred", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("merged_into_id", sa.BigInteger(), nullable=True),
    ]


def _move_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("act", sa.String(), server_default="", nullable=False),
        sa.Column("role", sa.String(), server_default="", nullable=False),
        sa.Column("asker", sa.String(), nullable=True),
        sa.Column("answers", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("facts", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("batch", sa.String(), nullable=True),
    ]


def _workflow_tables() -> None:
    op.create_table(
        "workflow_requests",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("matter_id", sa.BigInteger(), nullable=False),
        sa.Column("act", sa.String(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "pending", "granted", "refused", "withdrawn",
                name="requeststatus", native_enum=False, create_constraint=True, length=32,
            ),
            server_default="pending",
            nullable=False,
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=True),
        sa.Column("asker", sa.String(), nullable=False),
        sa.Column("answers", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answerer", sa.String(), nullable=True),
        sa.Column("reply", sa.String(), server_default="", nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["accounts.id"], name=op.f("fk_workflow_requests_asked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_requests")),
    )  # fmt: skip
    op.create_index(
        "uq_workflow_requests_pending", "workflow_requests", ["kind", "matter_id", "act"], unique=True,
        postgresql_where=sa.text("status = 'pending'"),
    )  # fmt: skip
    op.create_table(
        "workflow_tasks",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("matter_id", sa.BigInteger(), nullable=False),
        sa.Column("task", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.String(), nullable=True),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("answers", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_workflow_tasks_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_tasks")),
    )
    op.create_index("ix_workflow_tasks_matter", "workflow_tasks", ["kind", "matter_id"])
    op.create_index(
        "ix_workflow_tasks_open", "workflow_tasks", ["task", "account_id", "due_at"],
        postgresql_where=sa.text("done_at IS NULL"),
    )  # fmt: skip
    op.create_table(
        "workflow_labels",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("zh", sa.String(), nullable=False),
        sa.Column("en", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_workflow_labels")),
    )


def _roles(names: tuple[str, ...]) -> None:
    allowed = ", ".join(f"'{name}'" for name in names)
    op.execute("ALTER TABLE accounts DROP CONSTRAINT ck_accounts_role")
    op.execute(f"ALTER TABLE accounts ADD CONSTRAINT ck_accounts_role CHECK (role IN ({allowed}))")
