"""Emergency classes, events, their log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.migrations.helpers import guard_located, read_sql, seal
from gis.types import geometry

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "emergency_classes",
        sa.Column("scheme", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("parent_code", sa.String(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergency_classes")),
        sa.UniqueConstraint("scheme", "code", name="uq_emergency_classes_scheme_code"),
    )
    op.create_table(
        "events",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("external_system", sa.String(), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("class_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column(
            "level",
            sa.Enum("I", "II", "III", "IV", name="eventlevel", native_enum=False, create_constraint=True, length=32),
            nullable=True,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "contained",
                "ended",
                "void",
                name="eventstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            server_default="active",
            nullable=False,
        ),
        sa.Column("description", sa.String(), server_default="", nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("learnt_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_by", sa.BigInteger(), nullable=True),
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
        sa.ForeignKeyConstraint(["address_id"], ["addresses.id"], name=op.f("fk_events_address_id")),
        sa.ForeignKeyConstraint(["class_id"], ["emergency_classes.id"], name=op.f("fk_events_class_id")),
        sa.ForeignKeyConstraint(["reported_by"], ["accounts.id"], name=op.f("fk_events_reported_by")),
        sa.ForeignKeyConstraint(["unit_cell_id"], ["unit_cells.id"], name=op.f("fk_events_unit_cell_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("external_system", "external_id", name="uq_events_external"),
        sa.UniqueConstraint("number", name=op.f("uq_events_number")),
    )
    op.create_index(
        "ix_events_area_code", "events", ["area_code"], unique=False, postgresql_ops={"area_code": "text_pattern_ops"}
    )
    op.create_index(op.f("ix_events_class_id"), "events", ["class_id"], unique=False)
    op.create_index("ix_events_geom", "events", ["geom"], unique=False, postgresql_using="gist")
    op.create_index("ix_events_happened_at", "events", ["happened_at", "id"], unique=False)
    op.create_index(op.f("ix_events_unit_cell_id"), "events", ["unit_cell_id"], unique=False)
    op.create_table(
        "event_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_event_days")),
    )
    op.create_table(
        "event_entries",
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("note", sa.String(), server_default="", nullable=False),
        sa.Column("data", postgresql.JSONB(), server_default="{}", nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_event_entries_account_id")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_entries_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_entries")),
    )
    op.create_index(op.f("ix_event_entries_event_id"), "event_entries", ["event_id"], unique=False)
    guard_located("events")
    seal("event_entries")
    op.execute(read_sql("0004_emergency.sql"))


def downgrade() -> None:
    op.execute("DROP FUNCTION take_event_numbers(date, integer)")
    op.execute("DROP FUNCTION event_number(date, bigint)")
    op.drop_index(op.f("ix_event_entries_event_id"), table_name="event_entries")
    op.drop_table("event_entries")
    op.drop_table("event_days")
    op.drop_index(op.f("ix_events_unit_cell_id"), table_name="events")
    op.drop_index("ix_events_happened_at", table_name="events")
    op.drop_index("ix_events_geom", table_name="events", postgresql_using="gist")
    op.drop_index(op.f("ix_events_class_id"), table_name="events")
    op.drop_index("ix_events_area_code", table_name="events", postgresql_ops={"area_code": "text_pattern_ops"})
    op.drop_table("events")
    op.drop_table("emergency_classes")
