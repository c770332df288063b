"""Persons, dwellings, residences."""

import sqlalchemy as sa
from alembic import op

from app.migrations.helpers import guard_located, seal
from gis.types import geometry

revision = "0005"
down_revision = "0004"

NAME_KEY = r"lower(regexp_replace(name, '[\s·•.]', '', 'g'))"


def upgrade() -> None:
    op.create_table(
        "persons",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_key", sa.String(), sa.Computed(NAME_KEY, persisted=True), nullable=False),
        sa.Column(
            "sex",
            sa.Enum("0", "1", "2", "9", name="sex", native_enum=False, create_constraint=True, length=32),
            server_default="0",
            nullable=False,
        ),
        sa.Column("birth_on", sa.Date(), nullable=True),
        sa.Column("number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("number_index", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("source_index", sa.LargeBinary(), nullable=True),
        sa.Column("is_generated", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["recorded_by"], ["accounts.id"], name=op.f("fk_persons_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
        sa.UniqueConstraint("number_index", name=op.f("uq_persons_number_index")),
        sa.UniqueConstraint("source_index", name=op.f("uq_persons_source_index")),
    )
    op.create_index(
        "ix_persons_name_key", "persons", ["name_key"], unique=False, postgresql_ops={"name_key": "text_pattern_ops"}
    )
    op.create_table(
        "resident_entries",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_resident_entries_account_id")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_resident_entries_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resident_entries")),
    )
    op.create_index(op.f("ix_resident_entries_person_id"), "resident_entries", ["person_id"], unique=False)
    op.create_table(
        "dwellings",
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("building_id", sa.BigInteger(), nullable=True),
        sa.Column("entrance", sa.String(), nullable=True),
        sa.Column("floor", sa.Integer(), nullable=True),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column(
            "use",
            sa.Enum(
                "own",
                "let",
                "group_let",
                "vacant",
                "unknown",
                name="dwellinguse",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="unknown",
            nullable=False,
        ),
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
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("fk_dwellings_address_id")),
        sa.ForeignKeyConstraint(["building_id"], ["buildings.id"], name=op.f("fk_dwellings_building_id")),
        sa.ForeignKeyConstraint(["unit_cell_id"], ["unit_cells.id"], name=op.f("fk_dwellings_unit_cell_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dwellings")),
        sa.UniqueConstraint("external_id", name="uq_dwellings_external_id"),
    )
    op.create_index(
        "ix_dwellings_area_code",
        "dwellings",
        ["area_code"],
        unique=False,
        postgresql_ops={"area_code": "text_pattern_ops"},
    )
    op.create_index(
        "uq_dwellings_room",
        "dwellings",
        ["building_id", "entrance", "floor", "room"],
        unique=True,
        postgresql_where=sa.text("building_id IS NOT NULL"),
        postgresql_nulls_not_distinct=True,
    )
    op.create_index("ix_dwellings_geom", "dwellings", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_dwellings_unit_cell_id"), "dwellings", ["unit_cell_id"], unique=False)
    op.create_table(
        "residences",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("dwelling_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "registered",
                "actual",
                "work",
                name="residencekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("source", sa.String(), server_default="clerk", nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verified_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["dwelling_id"], ["dwellings.id"], name=op.f("fk_residences_dwelling_id")),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_residences_person_id")),
        sa.ForeignKeyConstraint(["verified_by"], ["accounts.id"], name=op.f("fk_residences_verified_by")),
        sa.CheckConstraint("to_on > from_on", name=op.f("ck_residences_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_residences")),
    )
    op.create_index("ix_residences_dwelling_id", "residences", ["dwelling_id"], unique=False)
    op.create_index("ix_residences_person_id", "residences", ["person_id"], unique=False)
    op.execute(
        "ALTER TABLE residences ADD CONSTRAINT ex_residences_one_a_day EXCLUDE USING gist "
        "(person_id WITH =, kind WITH =, daterange(from_on, to_on) WITH &&) WHERE (kind IN ('actual', 'registered'))"
    )
    guard_located("dwellings")
    seal("resident_entries")


def downgrade() -> None:
    op.drop_index("ix_residences_person_id", table_name="residences")
    op.drop_index("ix_residences_dwelling_id", table_name="residences")
    op.drop_table("residences")
    op.drop_index(op.f("ix_dwellings_unit_cell_id"), table_name="dwellings")
    op.drop_index("ix_dwellings_geom", table_name="dwellings", postgresql_using="gist")
    op.drop_index("uq_dwellings_room", table_name="dwellings")
    op.drop_index("ix_dwellings_area_code", table_name="dwellings", postgresql_ops={"area_code": "text_pattern_ops"})
    op.drop_table("dwellings")
    op.drop_index(op.f("ix_resident_entries_person_id"), table_name="resident_entries")
    op.drop_table("resident_entries")
    op.drop_index("ix_persons_name_key", table_name="persons")
    op.drop_table("persons")
