"""Components and their history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.migrations.helpers import guard_located, seal
from gis.types import geometry

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "components",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("external_system", sa.String(), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("class_id", sa.BigInteger(), nullable=False),
        sa.Column("name_zh", sa.String(), server_default="", nullable=False),
        sa.Column("name_en", sa.String(), server_default="", nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "intact",
                "damaged",
                "missing",
                "abandoned",
                "occupied",
                name="componentstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="intact",
            nullable=False,
        ),
        sa.Column("in_charge", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("maintainer", sa.String(), nullable=True),
        sa.Column("data_source", sa.String(), server_default="surveyed", nullable=False),
        sa.Column("first_recorded_on", sa.Date(), nullable=True),
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
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("fk_components_address_id")),
        sa.ForeignKeyConstraint(["class_id"], ["case_classes.id"], name=op.f("fk_components_class_id")),
        sa.ForeignKeyConstraint(["unit_cell_id"], ["unit_cells.id"], name=op.f("fk_components_unit_cell_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_components")),
        sa.UniqueConstraint("code", name="uq_components_code"),
        sa.UniqueConstraint("external_system", "external_id", name="uq_components_external"),
    )
    op.create_index(
        "ix_components_area_code",
        "components",
        ["area_code"],
        unique=False,
        postgresql_ops={"area_code": "text_pattern_ops"},
    )
    op.create_index(op.f("ix_components_class_id"), "components", ["class_id"], unique=False)
    op.create_index(
        "ix_components_geog",
        "components",
        [sa.literal_column("(geom::geography)")],
        unique=False,
        postgresql_using="gist",
    )
    op.create_index("ix_components_geom", "components", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_components_unit_cell_id"), "components", ["unit_cell_id"], unique=False)
    op.create_table(
        "component_entries",
        sa.Column("component_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("data", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_component_entries_account_id")),
        sa.ForeignKeyConstraint(["component_id"], ["components.id"], name=op.f("fk_component_entries_component_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_component_entries")),
    )
    op.create_index(op.f("ix_component_entries_component_id"), "component_entries", ["component_id"], unique=False)
    guard_located("components")
    seal("component_entries")


def downgrade() -> None:
    op.drop_index(op.f("ix_component_entries_component_id"), table_name="component_entries")
    op.drop_table("component_entries")
    op.drop_index(op.f("ix_components_unit_cell_id"), table_name="components")
    op.drop_index("ix_components_geom", table_name="components", postgresql_using="gist")
    op.drop_index("ix_components_geog", table_name="components", postgresql_using="gist")
    op.drop_index(op.f("ix_components_class_id"), table_name="components")
    op.drop_index("ix_components_area_code", table_name="components", postgresql_ops={"area_code": "text_pattern_ops"})
    op.drop_table("components")
