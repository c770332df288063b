"""Open311: applications and their keys, what they sent, who reported (sealed), services and their questions."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"


def _moment(name: str, *, now: bool = False) -> "sa.Column[Any]":
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not now)


def _text(name: str, default: str | None = None, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.String(), server_default=default, nullable=nullable)


def _key() -> "sa.Column[Any]":
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _flag(name: str, default: str) -> "sa.Column[Any]":
    return sa.Column(name, sa.Boolean(), server_default=default, nullable=False)


def _choice(name: str, kind: str, *values: str, default: str | None = None) -> "sa.Column[Any]":
    kept = sa.Enum(*values, name=kind, native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, kept, server_default=default, nullable=False)


def upgrade() -> None:
    op.create_table(
        "open311_applications",
        _text("name"), _text("contact", ""), _text("digest"),
        sa.Column("per_minute", sa.Integer(), server_default="60", nullable=False),
        _moment("minute_at"),
        sa.Column("used", sa.Integer(), server_default="0", nullable=False),
        _text("made_by"), _moment("made_at", now=True), _moment("last_used_at"), _moment("ended_at"), _key(),
        sa.CheckConstraint("per_minute > 0", name=op.f("ck_open311_applications_per_minute")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open311_applications")),
        sa.UniqueConstraint("digest", name=op.f("uq_open311_applications_digest")),
    )  # fmt: skip
    op.create_index("uq_open311_applications_name", "open311_applications", [sa.text("lower(name)")], unique=True)
    op.create_table(
        "open311_services",
        sa.Column("class_id", sa.BigInteger(), nullable=False),
        _choice("type", "servicetype", "realtime", "batch", default="realtime"),
        _flag("is_public", "true"), _text("description_zh", ""), _text("description_en", ""),
        sa.ForeignKeyConstraint(["class_id"], ["case_classes.id"], name=op.f("fk_open311_services_class_id")),
        sa.PrimaryKeyConstraint("class_id", name=op.f("pk_open311_services")),
    )  # fmt: skip
    op.create_table(
        "open311_questions",
        sa.Column("class_id", sa.BigInteger(), nullable=False),
        _text("code"),
        sa.Column("position", sa.Integer(), nullable=False),
        _choice("datatype", "datatype", "string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"),
        _flag("is_required", "false"), _flag("is_variable", "true"),
        _text("description_zh"), _text("description_en"), _text("hint_zh", ""), _text("hint_en", ""),
        sa.Column("choices", JSONB(), server_default="[]", nullable=False),
        _key(),
        sa.CheckConstraint("position > 0", name=op.f("ck_open311_questions_position")),
        sa.ForeignKeyConstraint(["class_id"], ["case_classes.id"], name=op.f("fk_open311_questions_class_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open311_questions")),
        sa.UniqueConstraint("class_id", "code", name="uq_open311_questions_class_id_code"),
        sa.UniqueConstraint("class_id", "position", name="uq_open311_questions_class_id_position"),
    )  # fmt: skip
    op.create_table(
        "open311_submissions",
        sa.Column("application_id", sa.BigInteger(), nullable=False),
        _text("key", nullable=True), _text("digest"), _text("token", nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("payload", JSONB(), nullable=True),
        _text("problem", nullable=True), _moment("received_at", now=True), _key(),
        sa.ForeignKeyConstraint(
            ["application_id"], ["open311_applications.id"], name=op.f("fk_open311_submissions_application_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_open311_submissions_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open311_submissions")),
        sa.UniqueConstraint("application_id", "key", name="uq_open311_submissions_application_id_key"),
        sa.UniqueConstraint("token", name=op.f("uq_open311_submissions_token")),
    )  # fmt: skip
    op.create_index("ix_open311_submissions_case_id", "open311_submissions", ["case_id"], unique=False)
    op.create_index(
        "ix_open311_submissions_waiting", "open311_submissions", ["received_at"], unique=False,
        postgresql_where=sa.text("payload IS NOT NULL"),
    )  # fmt: skip
    op.create_table(
        "open311_contacts",
        sa.Column("submission_id", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column("email_index", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["open311_submissions.id"], name=op.f("fk_open311_contacts_submission_id")
        ),
        sa.PrimaryKeyConstraint("submission_id", name=op.f("pk_open311_contacts")),
    )
    for column in ("phone_index", "email_index"):
        op.create_index(op.f(f"ix_open311_contacts_{column}"), "open311_contacts", [column], unique=False)
    op.create_table(
        "open311_changesets", _text("digest"), _moment("seen_at", now=True), _key(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open311_changesets")),
    )  # fmt: skip


def downgrade() -> None:
    for table in ("changesets", "contacts", "submissions", "questions", "services", "applications"):
        op.drop_table(f"open311_{table}")
