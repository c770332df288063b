"""Merged cases; catalogues by version with their changes; mappings between schemes; rules for doubles."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.migrations.helpers import read_sql, seal

revision = "0018"
down_revision = "0017"

STATUSES = ("reported", "verifying", "filed", "handling", "checking", "closed", "refused", "suspended", "void")


def upgrade() -> None:
    _statuses((*STATUSES, "merged"))
    op.execute(read_sql("0018_main_case.sql"))
    op.drop_constraint(op.f("uq_catalogue_schemes_name"), "catalogue_schemes")
    op.create_unique_constraint("uq_catalogue_schemes_name_version", "catalogue_schemes", ["name", "version"])
    op.add_column("case_classes", sa.Column("is_local", sa.Boolean(), server_default="false", nullable=False))
    op.create_index("ix_filing_conditions_class_id", "filing_conditions", ["class_id"])
    _made("catalogue_changes", [
        sa.Column("scheme_id", sa.BigInteger(), sa.ForeignKey("catalogue_schemes.id", name="fk_catalogue_changes_scheme_id"), nullable=True),
        sa.Column("class_id", sa.BigInteger(), sa.ForeignKey("case_classes.id", name="fk_catalogue_changes_class_id"), nullable=True),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("before", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("after", postgresql.JSONB(), server_default="{}", nullable=False),
    ])  # fmt: skip
    op.create_index("ix_catalogue_changes_scheme_id", "catalogue_changes", ["scheme_id", "id"])
    op.create_index("ix_catalogue_changes_class_id", "catalogue_changes", ["class_id", "id"])
    _made("class_maps", [
        sa.Column("from_scheme_id", sa.BigInteger(), sa.ForeignKey("catalogue_schemes.id", name="fk_class_maps_from_scheme_id"), nullable=False),
        sa.Column("to_scheme_id", sa.BigInteger(), sa.ForeignKey("catalogue_schemes.id", name="fk_class_maps_to_scheme_id"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    ], sa.UniqueConstraint("from_scheme_id", "to_scheme_id", "version", name="uq_class_maps_version"))  # fmt: skip
    op.create_table(
        "class_map_rows",
        sa.Column("map_id", sa.BigInteger(), nullable=False),
        sa.Column("from_class_id", sa.BigInteger(), nullable=False),
        sa.Column("to_class_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "fit",
            sa.Enum("exact", "broader", "narrower", name="fit", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["map_id"], ["class_maps.id"], name=op.f("fk_class_map_rows_map_id")),
        sa.ForeignKeyConstraint(["from_class_id"], ["case_classes.id"], name=op.f("fk_class_map_rows_from_class_id")),
        sa.ForeignKeyConstraint(["to_class_id"], ["case_classes.id"], name=op.f("fk_class_map_rows_to_class_id")),
        sa.PrimaryKeyConstraint("map_id", "from_class_id", "to_class_id", name=op.f("pk_class_map_rows")),
    )
    _made("double_rules", [
        sa.Column("class_id", sa.BigInteger(), sa.ForeignKey("case_classes.id", name="fk_double_rules_class_id"), nullable=True),
        sa.Column("radius_m", sa.Double(), nullable=True),
        sa.Column("hours", sa.Double(), nullable=True),
        sa.Column("weights", postgresql.JSONB(), server_default="{}", nullable=False),
    ])  # fmt: skip
    op.create_index("ix_double_rules_class_id", "double_rules", ["class_id", "id"])
    for table in ("catalogue_changes", "class_maps", "class_map_rows", "double_rules"):
        seal(table)


def downgrade() -> None:
    for table in ("double_rules", "class_map_rows", "class_maps", "catalogue_changes"):
        op.drop_table(table)
    op.drop_index("ix_filing_conditions_class_id", table_name="filing_conditions")
    op.drop_column("case_classes", "is_local")
    op.execute(
        "UPDATE catalogue_schemes s SET name = name || ' ' || version "
        "WHERE EXISTS (SELECT FROM catalogue_schemes o WHERE o.name = s.name AND o.id > s.id)"
    )
    op.drop_constraint("uq_catalogue_schemes_name_version", "catalogue_schemes")
    op.create_unique_constraint(op.f("uq_catalogue_schemes_name"), "catalogue_schemes", ["name"])
    op.execute("DROP FUNCTION main_case(bigint)")
    op.execute("UPDATE cases SET status = 'void' WHERE status = 'merged'")
    _statuses(STATUSES)


def _made(name: str, columns: list[sa.Column[Any]], *more: Any) -> None:
    """A table of what somebody made, when and why."""
    op.create_table(
        name,
        *columns,
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f(f"fk_{name}_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        *more,
    )


def _statuses(names: tuple[str, ...]) -> None:
    allowed = ", ".join(f"'{name}'" for name in names)
    op.execute("ALTER TABLE cases DROP CONSTRAINT ck_cases_casestatus")
    op.execute(f"ALTER TABLE cases ADD CONSTRAINT ck_cases_casestatus CHECK (status IN ({allowed})) NOT VALID")
    op.execute("ALTER TABLE cases VALIDATE CONSTRAINT ck_cases_casestatus")
