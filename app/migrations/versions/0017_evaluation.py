"""What a case's moves come to, kept with each move; scheduled reports; hot spots; the evaluator."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.migrations.helpers import read_sql

revision = "0017"
down_revision = "0015"

ROLES = (
    "inspector", "intake", "dispatcher", "department", "commander", "planner", "clerk", "leader", "chief",
    "administrator",
)  # fmt: skip


def _moment(name: str, *, nullable: bool = True, now: bool = False) -> "sa.Column[Any]":
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=nullable and not now)


def _text(name: str, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.String(), nullable=nullable)


def _id(name: str, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _key() -> "sa.Column[Any]":
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def upgrade() -> None:
    _facts()
    op.execute(read_sql("0017_case_facts.sql"))
    _reports()
    _roles((*ROLES, "evaluator"))


def _facts() -> None:
    flags = ("is_deferred", "is_appealed", "is_repeat", "is_part", "is_self_handled")
    counts = ("rework_n", "extended_n", "sent_back_n", "suspended_n", "corrected_n", "undone_n", "reopened_n")
    op.create_table(
        "case_facts",
        _id("case_id"), _text("area_code"), _id("unit_cell_id"), _id("class_id"), _text("department", nullable=True),
        _text("source"), _id("reported_by", nullable=True), _text("status"), _moment("reported_at", nullable=False),
        *(_moment(name) for name in (
            "file_due_at", "decided_at", "filed_at", "dispatch_due_at", "dispatched_at", "due_at", "handled_at",
            "closed_at",
        )),
        *(sa.Column(name, sa.Boolean(), nullable=False) for name in flags),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in counts),
        sa.Column("sent_to", ARRAY(sa.Text()), nullable=False),
        sa.Column("sent_back_by", ARRAY(sa.Text()), nullable=False),
        _moment("verify_due_at"), _moment("verify_done_at"), _id("verify_by", nullable=True),
        _moment("check_due_at"), _moment("check_done_at"), _id("check_by", nullable=True),
        _moment("oversight_due_at"), _moment("oversight_done_at"), _moment("recorded_at", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_facts_case_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_facts")),
    )  # fmt: skip
    for name in ("reported_at", "due_at", "recorded_at"):
        op.create_index(f"ix_case_facts_{name}", "case_facts", [name])


def _reports() -> None:
    op.create_table(
        "evaluation_reports",
        _text("name"), _text("every"), _text("by"), sa.Column("level", sa.String(), server_default="", nullable=False),
        sa.Column("area", sa.String(), server_default="", nullable=False),
        sa.Column("indicators", ARRAY(sa.Text()), nullable=False),
        sa.Column("roles", ARRAY(sa.Text()), nullable=False), _text("language"),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        _id("made_by", nullable=True), _moment("made_at", now=True), _key(),
        sa.ForeignKeyConstraint(["made_by"], ["accounts.id"], name=op.f("fk_evaluation_reports_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_reports")),
    )  # fmt: skip
    op.create_table(
        "evaluation_report_files",
        _id("report_id"),
        _text("period"),
        _text("key"),
        _moment("made_at", now=True),
        _key(),
        sa.ForeignKeyConstraint(
            ["report_id"], ["evaluation_reports.id"], name=op.f("fk_evaluation_report_files_report_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_report_files")),
        sa.UniqueConstraint("key", name=op.f("uq_evaluation_report_files_key")),
        sa.UniqueConstraint("report_id", "period", name="uq_evaluation_report_files_period"),
    )
    op.create_table(
        "evaluation_hot_spots",
        _text("key"),
        _text("state"),
        sa.Column("result", JSONB(), nullable=True),
        _moment("made_at", now=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_evaluation_hot_spots")),
    )


def downgrade() -> None:
    op.execute("DELETE FROM api_tokens USING accounts a WHERE a.id = account_id AND a.role = 'evaluator'")
    op.execute("UPDATE accounts SET role = 'leader' WHERE role = 'evaluator'")
    _roles(ROLES)
    for table in ("evaluation_hot_spots", "evaluation_report_files", "evaluation_reports"):
        op.drop_table(table)
    op.execute("DROP TRIGGER placed_facts ON cases")
    op.execute("DROP TRIGGER kept_facts ON case_moves")
    for function in ("place_case_facts()", "keep_case_facts()", "case_facts_of(bigint[], timestamptz)"):
        op.execute(f"DROP FUNCTION {function}")
    op.drop_table("case_facts")


def _roles(names: tuple[str, ...]) -> None:
    allowed = ", ".join(f"'{name}'" for name in names)
    op.execute("ALTER TABLE accounts DROP CONSTRAINT ck_accounts_role")
    op.execute(f"ALTER TABLE accounts ADD CONSTRAINT ck_accounts_role CHECK (role IN ({allowed}))")
