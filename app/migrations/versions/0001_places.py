"""Areas, cells, addresses, the ground, and what guards located rows."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.migrations.helpers import read_sql, seal
from gis.types import geometry

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "area_codes",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("parent_code", sa.String(), nullable=True),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area_codes")),
        sa.UniqueConstraint("code", name=op.f("uq_area_codes_code")),
    )
    op.create_index(op.f("ix_area_codes_parent_code"), "area_codes", ["parent_code"], unique=False)
    op.create_table(
        "areas",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("parent_code", sa.String(), nullable=True),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("geom", geometry("MULTIPOLYGON"), nullable=False),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.Column("is_generated", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas")),
    )
    op.create_index("ix_areas_code", "areas", ["code"], unique=False, postgresql_ops={"code": "text_pattern_ops"})
    op.create_index("ix_areas_geom", "areas", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("uq_areas_code_open", "areas", ["code"], unique=True, postgresql_where=sa.text("valid_to IS NULL"))
    op.create_table(
        "area_successors",
        sa.Column("old_id", sa.BigInteger(), nullable=False),
        sa.Column("new_id", sa.BigInteger(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.CheckConstraint("share > 0 AND share <= 1", name=op.f("ck_area_successors_share")),
        sa.ForeignKeyConstraint(["new_id"], ["areas.id"], name=op.f("fk_area_successors_new_id")),
        sa.ForeignKeyConstraint(["old_id"], ["areas.id"], name=op.f("fk_area_successors_old_id")),
        sa.PrimaryKeyConstraint("old_id", "new_id", name=op.f("pk_area_successors")),
    )
    op.create_index("ix_area_successors_new_id", "area_successors", ["new_id"], unique=False)
    op.create_table(
        "city",
        sa.Column("id", sa.Integer(), server_default="1", autoincrement=False, nullable=False),
        sa.Column("profile", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("boundary", geometry("MULTIPOLYGON"), nullable=False),
        sa.Column("crs_epsg", sa.Integer(), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("levels", postgresql.JSONB(), nullable=False),
        sa.Column("cell_scheme", sa.String(), nullable=False),
        sa.Column("cell_target_m2", sa.Double(), nullable=False),
        sa.Column("snap_m", sa.Double(), nullable=False),
        sa.Column("is_demo", sa.Boolean(), nullable=False),
        sa.Column("is_touched", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("options", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_city_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_city")),
    )
    op.create_table(
        "duty_cells",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), server_default="inspection", nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("area_code", sa.String(), nullable=False),
        sa.Column("responsible", sa.String(), nullable=True),
        sa.Column("team", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_cells")),
    )
    op.create_index(
        "uq_duty_cells_code_open", "duty_cells", ["code"], unique=True, postgresql_where=sa.text("valid_to IS NULL")
    )
    op.create_table(
        "grid_versions",
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("method", sa.String(), nullable=False),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_versions")),
    )
    op.create_table(
        "grounds",
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=True),
        sa.Column("name_en", sa.String(), nullable=True),
        sa.Column("geom", geometry("GEOMETRY"), nullable=False),
        sa.Column("is_generated", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grounds")),
    )
    op.create_index("ix_grounds_geom", "grounds", ["geom"], unique=False, postgresql_using="gist")
    op.create_table(
        "roads",
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("name_zh", sa.String(), nullable=True),
        sa.Column("name_en", sa.String(), nullable=True),
        sa.Column("road_class", sa.String(), nullable=False),
        sa.Column("is_oneway", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("geom", geometry("LINESTRING"), nullable=False),
        sa.Column("is_generated", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roads")),
    )
    op.create_index("ix_roads_geom", "roads", ["geom"], unique=False, postgresql_using="gist")
    op.create_table(
        "unit_cells",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("area_code", sa.String(), nullable=False),
        sa.Column("geom", geometry("POLYGON"), nullable=False),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.Column("land_use", sa.String(), nullable=True),
        sa.Column("management_level", sa.String(), nullable=True),
        sa.Column("responsible_body", sa.String(), nullable=True),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["version_id"], ["grid_versions.id"], name=op.f("fk_unit_cells_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_cells")),
    )
    op.create_index(
        "ix_unit_cells_area_code",
        "unit_cells",
        ["area_code"],
        unique=False,
        postgresql_ops={"area_code": "text_pattern_ops"},
    )
    op.create_index("ix_unit_cells_geom", "unit_cells", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(
        "uq_unit_cells_code_open", "unit_cells", ["code"], unique=True, postgresql_where=sa.text("valid_to IS NULL")
    )
    op.create_table(
        "addresses",
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "door",
                "building",
                "intersection",
                "poi",
                name="addresskind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("area_code", sa.String(), nullable=False),
        sa.Column("unit_cell_id", sa.BigInteger(), nullable=False),
        sa.Column("road", sa.String(), nullable=True),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("building", sa.String(), nullable=True),
        sa.Column("text_zh", sa.String(), nullable=False),
        sa.Column("text_en", sa.String(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("geom", geometry("POINT"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["addresses.id"], name=op.f("fk_addresses_parent_id")),
        sa.ForeignKeyConstraint(["unit_cell_id"], ["unit_cells.id"], name=op.f("fk_addresses_unit_cell_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_addresses")),
        sa.UniqueConstraint("external_id", name="uq_addresses_external_id"),
    )
    op.create_index(
        "ix_addresses_area_code",
        "addresses",
        ["area_code"],
        unique=False,
        postgresql_ops={"area_code": "text_pattern_ops"},
    )
    op.create_index(
        "ix_addresses_geog",
        "addresses",
        [sa.literal_column("(geom::geography)")],
        unique=False,
        postgresql_using="gist",
    )
    op.create_index("ix_addresses_geom", "addresses", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(
        "ix_addresses_search_trgm",
        "addresses",
        ["search"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"search": "gin_trgm_ops"},
    )
    op.create_index(op.f("ix_addresses_unit_cell_id"), "addresses", ["unit_cell_id"], unique=False)
    op.create_table(
        "duty_cell_units",
        sa.Column("duty_cell_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_cell_id", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["duty_cell_id"], ["duty_cells.id"], name=op.f("fk_duty_cell_units_duty_cell_id")),
        sa.ForeignKeyConstraint(["unit_cell_id"], ["unit_cells.id"], name=op.f("fk_duty_cell_units_unit_cell_id")),
        sa.PrimaryKeyConstraint("duty_cell_id", "unit_cell_id", "valid_from", name=op.f("pk_duty_cell_units")),
    )
    op.create_index("ix_duty_cell_units_unit_cell_id", "duty_cell_units", ["unit_cell_id"], unique=False)
    op.create_table(
        "relocations",
        sa.Column("register", sa.String(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_cell_id", sa.BigInteger(), nullable=False),
        sa.Column("area_code", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["unit_cell_id"], ["unit_cells.id"], name=op.f("fk_relocations_unit_cell_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_relocations")),
    )
    op.create_index("ix_relocations_register_record_id", "relocations", ["register", "record_id"], unique=False)
    op.create_table(
        "address_aliases",
        sa.Column("address_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), server_default="alias", nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("fk_address_aliases_address_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_aliases")),
    )
    op.create_index(op.f("ix_address_aliases_address_id"), "address_aliases", ["address_id"], unique=False)
    op.create_table(
        "buildings",
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("name_zh", sa.String(), nullable=True),
        sa.Column("name_en", sa.String(), nullable=True),
        sa.Column("use", sa.String(), nullable=True),
        sa.Column("floors", sa.Integer(), nullable=True),
        sa.Column("height_m", sa.Double(), nullable=True),
        sa.Column("address_id", sa.BigInteger(), nullable=True),
        sa.Column("unit_cell_id", sa.BigInteger(), nullable=True),
        sa.Column("area_code", sa.String(), nullable=True),
        sa.Column("geom", geometry("POLYGON"), nullable=False),
        sa.Column("is_generated", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("fk_buildings_address_id")),
        sa.ForeignKeyConstraint(["unit_cell_id"], ["unit_cells.id"], name=op.f("fk_buildings_unit_cell_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_buildings")),
    )
    op.create_index("ix_buildings_geom", "buildings", ["geom"], unique=False, postgresql_using="gist")
    op.create_index(op.f("ix_buildings_unit_cell_id"), "buildings", ["unit_cell_id"], unique=False)
    op.execute(read_sql("0001_guards.sql"))
    seal("relocations")
    seal("area_successors")


def downgrade() -> None:
    op.drop_index(op.f("ix_area_codes_parent_code"), table_name="area_codes")
    op.drop_table("area_codes")
    op.drop_index(op.f("ix_buildings_unit_cell_id"), table_name="buildings")
    op.drop_index("ix_buildings_geom", table_name="buildings", postgresql_using="gist")
    op.drop_table("buildings")
    op.drop_index(op.f("ix_address_aliases_address_id"), table_name="address_aliases")
    op.drop_table("address_aliases")
    op.drop_index("ix_relocations_register_record_id", table_name="relocations")
    op.drop_table("relocations")
    op.drop_index("ix_duty_cell_units_unit_cell_id", table_name="duty_cell_units")
    op.drop_table("duty_cell_units")
    op.drop_index(op.f("ix_addresses_unit_cell_id"), table_name="addresses")
    op.drop_index(
        "ix_addresses_search_trgm",
        table_name="addresses",
        postgresql_using="gin",
        postgresql_ops={"search": "gin_trgm_ops"},
    )
    op.drop_index("ix_addresses_geom", table_name="addresses", postgresql_using="gist")
    op.drop_index("ix_addresses_geog", table_name="addresses", postgresql_using="gist")
    op.drop_index("ix_addresses_area_code", table_name="addresses", postgresql_ops={"area_code": "text_pattern_ops"})
    op.drop_table("addresses")
    op.drop_index("uq_unit_cells_code_open", table_name="unit_cells", postgresql_where=sa.text("valid_to IS NULL"))
    op.drop_index("ix_unit_cells_geom", table_name="unit_cells", postgresql_using="gist")
    op.drop_index("ix_unit_cells_area_code", table_name="unit_cells", postgresql_ops={"area_code": "text_pattern_ops"})
    op.drop_table("unit_cells")
    op.drop_index("ix_roads_geom", table_name="roads", postgresql_using="gist")
    op.drop_table("roads")
    op.drop_index("ix_grounds_geom", table_name="grounds", postgresql_using="gist")
    op.drop_table("grounds")
    op.drop_table("grid_versions")
    op.drop_index("uq_duty_cells_code_open", table_name="duty_cells", postgresql_where=sa.text("valid_to IS NULL"))
    op.drop_table("duty_cells")
    op.drop_table("city")
    op.drop_index("ix_area_successors_new_id", table_name="area_successors")
    op.drop_table("area_successors")
    op.drop_index("uq_areas_code_open", table_name="areas", postgresql_where=sa.text("valid_to IS NULL"))
    op.drop_index("ix_areas_geom", table_name="areas", postgresql_using="gist")
    op.drop_index("ix_areas_code", table_name="areas", postgresql_ops={"code": "text_pattern_ops"})
    op.drop_table("areas")
    op.execute(read_sql("0001_guards_down.sql"))
