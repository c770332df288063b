"""The organisation as a register (departments, teams, posts), routing rules, and the duty cell of a case."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.migrations.helpers import read_sql, seal

revision = "0014"
down_revision = "0013"

OPEN = sa.text("valid_to IS NULL")
TABLES = (
    "routing_rules", "routing_sets", "organisation_entries", "post_staff", "post_cells", "posts", "team_members",
    "teams", "departments",
)  # fmt: skip


def _text(name: str, default: str | None = None, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.String(), server_default=default, nullable=nullable)


def _list(name: str) -> "sa.Column[Any]":
    return sa.Column(name, JSONB(), server_default="[]", nullable=False)


def _key(name: str = "id", *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _id() -> "sa.Column[Any]":
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _moment(name: str, *, now: bool = False) -> "sa.Column[Any]":
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not now)


def _days() -> "list[sa.Column[Any]]":
    return [sa.Column("valid_from", sa.Date(), nullable=False), sa.Column("valid_to", sa.Date(), nullable=True)]


def _flag(name: str) -> "sa.Column[Any]":
    return sa.Column(name, sa.Boolean(), server_default="true", nullable=False)


def _choice(name: str, kind: str, *values: str, default: str | None = None) -> "sa.Column[Any]":
    kept = sa.Enum(*values, name=kind, native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, kept, server_default=default, nullable=False)


def _points_to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _primary(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def _in_order(table: str) -> sa.CheckConstraint:
    return sa.CheckConstraint("valid_to >= valid_from", name=op.f(f"ck_{table}_days"))


def upgrade() -> None:
    _departments()
    _teams()
    _posts()
    _routing()
    op.add_column("cases", _key("duty_cell_id", nullable=True))
    op.execute(read_sql("0014_organisation.sql"))
    op.create_foreign_key(op.f("fk_cases_duty_cell_id"), "cases", "duty_cells", ["duty_cell_id"], ["id"])
    op.create_index("ix_cases_duty_cell_id", "cases", ["duty_cell_id"],
                    postgresql_where=sa.text("duty_cell_id IS NOT NULL"))  # fmt: skip
    seal("organisation_entries")


def _departments() -> None:
    table = "departments"
    op.create_table(
        table, _text("code"), _text("name_zh"), _text("name_en"),
        _choice("kind", "departmentkind", "bureau", "enterprise", "street_office", "supervision_centre",
                "command_centre", "other", default="bureau"),
        _text("parent", nullable=True), _text("superior", nullable=True), _list("areas"), _text("phone", ""),
        _flag("is_active"), _id(),
        sa.CheckConstraint("parent <> code", name=op.f("ck_departments_parent")),
        sa.CheckConstraint("superior <> code", name=op.f("ck_departments_superior")),
        sa.UniqueConstraint("code", name=op.f("uq_departments_code")),
        _points_to(table, "parent", "departments.code"), _points_to(table, "superior", "departments.code"),
        _primary(table),
    )  # fmt: skip
    op.create_index("ix_departments_parent", table, ["parent"])
    op.create_index("ix_departments_superior", table, ["superior"])
    table = "organisation_entries"
    op.create_table(
        table, _text("kind"), _text("code"), sa.Column("facts", JSONB(), nullable=False), _moment("at", now=True),
        _key("account_id", nullable=True), _text("actor"), _id(), _points_to(table, "account_id", "accounts.id"),
        _primary(table),
    )  # fmt: skip
    op.create_index("ix_organisation_entries_thing", table, ["kind", "code"])


def _teams() -> None:
    op.create_table(
        "teams", _text("code"), _text("department"), _text("name_zh"), _text("name_en"), _list("skills"),
        _text("phone", ""), _flag("is_active"), _id(), _points_to("teams", "department", "departments.code"),
        sa.UniqueConstraint("code", name=op.f("uq_teams_code")), _primary("teams"),
    )  # fmt: skip
    op.create_index("ix_teams_department", "teams", ["department"])
    _people("team_members", "team_id", "teams.id")


def _people(table: str, link: str, target: str) -> None:
    op.create_table(
        table, _key(link), _key("account_id"), *_days(), _id(), _in_order(table), _points_to(table, link, target),
        _points_to(table, "account_id", "accounts.id"), _primary(table),
    )  # fmt: skip
    op.create_index(f"uq_{table}_open", table, [link, "account_id"], unique=True, postgresql_where=OPEN)
    op.create_index(f"ix_{table}_account_id", table, ["account_id"])


def _posts() -> None:
    op.create_table(
        "posts", _text("code"), _text("name_zh"), _text("name_en"),
        _choice("kind", "postkind", "inspector", "intake", "chief", "dispatcher", "leader"),
        _text("department", nullable=True), _list("hours"), *_days(), _id(), _in_order("posts"),
        _points_to("posts", "department", "departments.code"),
        sa.UniqueConstraint("code", name=op.f("uq_posts_code")), _primary("posts"),
    )  # fmt: skip
    op.create_index("ix_posts_department", "posts", ["department"])
    op.create_table(
        "post_cells", _key("post_id"), _text("duty_cell"), *_days(), _id(), _in_order("post_cells"),
        _points_to("post_cells", "post_id", "posts.id"), _primary("post_cells"),
    )  # fmt: skip
    op.create_index("uq_post_cells_open", "post_cells", ["post_id", "duty_cell"], unique=True, postgresql_where=OPEN)
    op.create_index("ix_post_cells_duty_cell", "post_cells", ["duty_cell"])
    _people("post_staff", "post_id", "posts.id")


def _routing() -> None:
    table = "routing_sets"
    op.create_table(
        table, sa.Column("version", sa.Integer(), nullable=False),
        _choice("status", "rulesetstatus", "draft", "active", "retired", default="draft"), _text("note", ""),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False), _text("actor"),
        _key("account_id", nullable=True), _moment("made_at", now=True), _moment("activated_at"),
        _text("activated_by", nullable=True), _id(), _points_to(table, "account_id", "accounts.id"),
        sa.UniqueConstraint("version", name=op.f("uq_routing_sets_version")), _primary(table),
    )  # fmt: skip
    for status in ("draft", "active"):
        op.create_index(f"uq_routing_sets_{status}", table, ["status"], unique=True,
                        postgresql_where=sa.text(f"status = '{status}'"))  # fmt: skip
    table = "routing_rules"
    op.create_table(
        table, _key("set_id"), sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("facts", JSONB(), nullable=False), _id(), _points_to(table, "set_id", "routing_sets.id"),
        sa.UniqueConstraint("set_id", "position", name=op.f("uq_routing_rules_set_id_position")), _primary(table),
    )  # fmt: skip


def downgrade() -> None:
    op.execute("DROP TRIGGER keeps_activated ON routing_rules")
    op.execute("DROP FUNCTION routing_keep_activated()")
    op.drop_index("ix_cases_duty_cell_id", table_name="cases")
    op.drop_constraint(op.f("fk_cases_duty_cell_id"), "cases")
    op.drop_column("cases", "duty_cell_id")
    op.execute("DROP FUNCTION grid_duty_cell(bigint)")
    for table in TABLES:
        op.drop_table(table)
