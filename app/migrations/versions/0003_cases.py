"""Catalogues, cases, moves, photos."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.migrations.helpers import guard_located, read_sql, seal
from gis.types import geometry

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "catalogue_schemes",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("title_zh", sa.String(), nullable=False),
        sa.Column("title_en", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("is_provisional", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_schemes")),
        sa.UniqueConstraint("name", name=op.f("uq_catalogue_schemes_name")),
    )
    op.create_table(
        "case_classes",
        sa.Column("scheme_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("component", "event", name="classkind", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("search", sa.String(), server_default="", nullable=False),
        sa.Column("attributes", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["case_classes.id"], name=op.f("fk_case_classes_parent_id")),
        sa.ForeignKeyConstraint(["scheme_id"], ["catalogue_schemes.id"], name=op.f("fk_case_classes_scheme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_classes")),
        sa.UniqueConstraint("scheme_id", "kind", "code", name="uq_case_classes_scheme_kind_code"),
    )
    op.create_index(op.f("ix_case_classes_parent_id"), "case_classes", ["parent_id"], unique=False)
    op.create_table(
        "cases",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("external_system", sa.String(), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("class_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "reported",
                "verifying",
                "filed",
                "handling",
                "checking",
                "closed",
                "refused",
                "suspended",
                "void",
                name="casestatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="reported",
            nullable=False,
        ),
        sa.Column(
            "source",
            sa.Enum(
                "inspector",
                "hotline",
                "public",
                "sensor",
                "video",
                "department",
                "import",
                name="casesource",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("description", sa.String(), server_default="", nullable=False),
        sa.Column("department", sa.String(), nullable=True),
        sa.Column("component_id", sa.BigInteger(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("reported_by", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_on_time", sa.Boolean(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("attributes", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("is_generated", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column(
            "located_by",
            sa.Enum(
                "gnss",
                "map",
                "address",
                "component",
                "sensor",
                "import",
                "default",
                name="locatedby",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("datum_given", sa.Text(), server_default="wgs84", nullable=False),
        sa.Column("located_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("geom", geometry("POINT"), nullable=False),
        sa.Column("unit_cell_id", sa.BigInteger(), nullable=False),
        sa.Column("address_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("fk_cases_address_id")),
        sa.ForeignKeyConstraint(["class_id"], ["case_classes.id"], name=op.f("fk_cases_class_id")),
        sa.ForeignKeyConstraint(["reported_by"], ["accounts.id"], name=op.f("fk_cases_reported_by")),
        sa.ForeignKeyConstraint(["unit_cell_id"], ["unit_cells.id"], name=op.f("fk_cases_unit_cell_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("external_system", "external_id", name="uq_cases_external"),
        sa.UniqueConstraint("number", name=op.f("uq_cases_number")),
    )
    op.create_index(
        "ix_cases_area_code", "cases", ["area_code"], unique=False, postgresql_ops={"area_code": "text_pattern_ops"}
    )
    op.create_index("ix_cases_class_id", "cases", ["class_id"], unique=False)
    op.create_index(
        "ix_cases_geog", "cases", [sa.literal_column("(geom::geography)")], unique=False, postgresql_using="gist"
    )
    op.create_index("ix_cases_geom", "cases", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_cases_reported_at", "cases", ["reported_at", "id"], unique=False)
    op.create_index("ix_cases_status_area_code", "cases", ["status", "area_code"], unique=False)
    op.create_index(op.f("ix_cases_unit_cell_id"), "cases", ["unit_cell_id"], unique=False)
    op.create_index(
        "ix_cases_due_at_open",
        "cases",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL AND closed_at IS NULL"),
    )
    op.create_table(
        "case_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_case_days")),
    )
    op.create_table(
        "case_moves",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("from_status", sa.String(), nullable=True),
        sa.Column(
            "to_status",
            sa.Enum(
                "reported",
                "verifying",
                "filed",
                "handling",
                "checking",
                "closed",
                "refused",
                "suspended",
                "void",
                name="casestatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_case_moves_account_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_moves_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_moves")),
    )
    op.create_index(op.f("ix_case_moves_case_id"), "case_moves", ["case_id"], unique=False)
    op.create_table(
        "case_photos",
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(), server_default="report", nullable=False),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uploaded_by", sa.BigInteger(), nullable=True),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_photos_case_id")),
        sa.ForeignKeyConstraint(["uploaded_by"], ["accounts.id"], name=op.f("fk_case_photos_uploaded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_photos")),
        sa.UniqueConstraint("key", name=op.f("uq_case_photos_key")),
    )
    op.create_index(op.f("ix_case_photos_case_id"), "case_photos", ["case_id"], unique=False)
    guard_located("cases")
    seal("case_moves")
    op.execute(read_sql("0003_cases.sql"))


def downgrade() -> None:
    op.execute("DROP FUNCTION take_case_numbers(date, integer)")
    op.execute("DROP FUNCTION case_number(date, bigint)")
    op.drop_index(op.f("ix_case_photos_case_id"), table_name="case_photos")
    op.drop_table("case_photos")
    op.drop_index(op.f("ix_case_moves_case_id"), table_name="case_moves")
    op.drop_table("case_moves")
    op.drop_table("case_days")
    op.drop_index("ix_cases_due_at_open", table_name="cases")
    op.drop_index(op.f("ix_cases_unit_cell_id"), table_name="cases")
    op.drop_index("ix_cases_status_area_code", table_name="cases")
    op.drop_index("ix_cases_reported_at", table_name="cases")
    op.drop_index("ix_cases_geom", table_name="cases", postgresql_using="gist")
    op.drop_index("ix_cases_geog", table_name="cases", postgresql_using="gist")
    op.drop_index("ix_cases_class_id", table_name="cases")
    op.drop_index("ix_cases_area_code", table_name="cases", postgresql_ops={"area_code": "text_pattern_ops"})
    op.drop_table("cases")
    op.drop_index(op.f("ix_case_classes_parent_id"), table_name="case_classes")
    op.drop_table("case_classes")
    op.drop_table("catalogue_schemes")
