"""Receipts of what phones sent, when a case was seen, consent to be tracked, patrols and their points."""

from typing import Any

import geoalchemy2
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from app.migrations.helpers import guard_located, seal, unguard_located

revision = "0016"
down_revision = "0018"

LOCATED_BY = ("gnss", "map", "address", "component", "sensor", "import", "default")


def _moment(name: str, *, now: bool = False, required: bool = False) -> "sa.Column[Any]":
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), server_default=default, nullable=not (now or required))


def _ref(name: str, *, nullable: bool = False) -> "sa.Column[Any]":
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _key() -> "sa.Column[Any]":
    return sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False)


def _count(name: str, default: str = "0") -> "sa.Column[Any]":
    return sa.Column(name, sa.Integer(), server_default=default, nullable=False)


def _fk(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _choice(name: str, kind: str, *values: str) -> "sa.Column[Any]":
    kept = sa.Enum(*values, name=kind, native_enum=False, create_constraint=True, length=32)
    return sa.Column(name, kept, nullable=False)


def upgrade() -> None:
    op.add_column("cases", _moment("seen_at"))
    op.create_table(
        "field_receipts",
        sa.Column("id", sa.Uuid(), nullable=False),
        _ref("account_id"), _choice("kind", "sent", "report", "move", "photo"),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("case_number", sa.String()), sa.Column("photo_key", sa.String()),
        _moment("made_at"), _moment("sent_at"), sa.Column("offset_s", sa.Float()), _moment("seen_at"),
        sa.Column("answer", JSONB(), server_default="{}", nullable=False), _moment("received_at", now=True),
        _fk("field_receipts", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_receipts")),
    )  # fmt: skip
    op.create_index("ix_field_receipts_account_id", "field_receipts", ["account_id"])
    op.create_table(
        "patrol_consents",
        _ref("account_id"), sa.Column("is_given", sa.Boolean(), nullable=False), _moment("at", now=True), _key(),
        _fk("patrol_consents", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patrol_consents")),
    )  # fmt: skip
    op.create_index("ix_patrol_consents_account_id_at", "patrol_consents", ["account_id", "at"])
    seal("patrol_consents")
    _patrols()


def _patrols() -> None:
    op.create_table(
        "patrols",
        sa.Column("client_id", sa.Uuid(), nullable=False), _ref("account_id"), _moment("started_at", required=True),
        _moment("ended_at"), _count("last_number", "-1"), _count("kept"), _count("outside"), _count("refused"), _key(),
        _fk("patrols", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patrols")),
        sa.UniqueConstraint("client_id", name=op.f("uq_patrols_client_id")),
    )  # fmt: skip
    op.create_index("ix_patrols_account_id_started_at", "patrols", ["account_id", "started_at"])
    op.create_table(
        "patrol_points",
        _ref("patrol_id"), sa.Column("number", sa.Integer(), nullable=False), _moment("at", required=True), _key(),
        sa.Column("geom", geoalchemy2.Geometry("POINT", srid=4326, spatial_index=False), nullable=False),
        _ref("unit_cell_id"), sa.Column("area_code", sa.Text(), nullable=False), _ref("address_id", nullable=True),
        sa.Column("accuracy_m", sa.Float()), _choice("located_by", "locatedby", *LOCATED_BY),
        sa.Column("datum_given", sa.Text(), server_default="wgs84", nullable=False), _moment("located_at", now=True),
        _fk("patrol_points", "patrol_id", "patrols"), _fk("patrol_points", "unit_cell_id", "unit_cells"),
        _fk("patrol_points", "address_id", "addresses"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patrol_points")),
        sa.UniqueConstraint("patrol_id", "number", name=op.f("uq_patrol_points_patrol_id_number")),
    )  # fmt: skip
    op.create_index("ix_patrol_points_geom", "patrol_points", ["geom"], postgresql_using="gist")
    op.create_index(
        "ix_patrol_points_area_code", "patrol_points", ["area_code"], postgresql_ops={"area_code": "text_pattern_ops"}
    )
    op.create_index("ix_patrol_points_unit_cell_id", "patrol_points", ["unit_cell_id"])
    op.create_index("ix_patrol_points_unit_cell_id_at", "patrol_points", ["unit_cell_id", "at"])
    guard_located("patrol_points")


def downgrade() -> None:
    unguard_located("patrol_points")
    for table in ("patrol_points", "patrols", "patrol_consents", "field_receipts"):
        op.drop_table(table)
    op.drop_column("cases", "seen_at")
