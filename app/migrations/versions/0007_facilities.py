"""Facilities and their history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.migrations.helpers import guard_located, seal
from gis.types import geometry

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "facilities",
        sa.Column("external_system", sa.String(), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "hospital",
                "clinic",
                "school",
                "day_care",
                "elderly_care",
                "fire_station",
                "police_station",
                "shelter",
                "community_centre",
                "government",
                "park",
                "bike_share",
                "other",
                name="facilitykind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("name_zh", sa.String(), server_default="", nullable=False),
        sa.Column("name_en", sa.String(), server_default="", nullable=False),
        sa.Column("address_text", sa.String(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
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
        sa.Column("geom", geometry("GEOMETRY"), nullable=False),
        sa.Column("unit_cell_id", sa.BigInteger(), nullable=False),
        sa.Column("address_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("fk_facilities_address_id")),
        sa.ForeignKeyConstraint(["unit_cell_id"], ["unit_cells.id"], name=op.f("fk_facilities_unit_cell_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facilities")),
        sa.UniqueConstraint("external_system", "external_id", name="uq_facilities_external"),
    )
    op.create_index(
        "ix_facilities_area_code",
        "facilities",
        ["area_code"],
        unique=False,
        postgresql_ops={"area_code": "text_pattern_ops"},
    )
    op.create_index("ix_facilities_geom", "facilities", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_facilities_kind", "facilities", ["kind"], unique=False)
    op.create_index(op.f("ix_facilities_unit_cell_id"), "facilities", ["unit_cell_id"], unique=False)
    op.create_table(
        "facility_entries",
        sa.Column("facility_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("data", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_facility_entries_account_id")),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f("fk_facility_entries_facility_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility_entries")),
    )
    op.create_index(op.f("ix_facility_entries_facility_id"), "facility_entries", ["facility_id"], unique=False)
    guard_located("facilities")
    seal("facility_entries")


def downgrade() -> None:
    op.drop_index(op.f("ix_facility_entries_facility_id"), table_name="facility_entries")
    op.drop_table("facility_entries")
    op.drop_index(op.f("ix_facilities_unit_cell_id"), table_name="facilities")
    op.drop_index("ix_facilities_kind", table_name="facilities")
    op.drop_index("ix_facilities_geom", table_name="facilities", postgresql_using="gist")
    op.drop_index("ix_facilities_area_code", table_name="facilities", postgresql_ops={"area_code": "text_pattern_ops"})
    op.drop_table("facilities")
