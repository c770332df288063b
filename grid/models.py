"""Tables of the city itself: areas, cells, addresses, and the ground that a base map is drawn from.

Codes are hierarchical texts: a prefix is a jurisdiction. Whatever can be redrawn carries the days
it held (`valid_from` ≤ day < `valid_to`); a redraw ends rows and adds new ones, it never edits a border.
"""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from gis.db import Base, HasId, enum_text
from gis.types import Any4326, Line4326, LineMetres, MultiPolygon4326, Point4326, Polygon4326

OPEN = text("valid_to IS NULL")


class City(Base):
    """The one city of this database: what its profile said when it was loaded."""

    __tablename__ = "city"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, server_default="1", autoincrement=False)
    profile: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    boundary: Mapped[MultiPolygon4326]
    crs_epsg: Mapped[int]
    time_zone: Mapped[str]
    language: Mapped[str]
    levels: Mapped[list[str]]
    cell_scheme: Mapped[str]
    cell_target_m2: Mapped[float]
    snap_m: Mapped[float]
    is_demo: Mapped[bool]
    is_touched: Mapped[bool] = mapped_column(server_default="false")
    options: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    loaded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Area(Base, HasId):
    """A territory of any level (district, street, community; ward, precinct) with its code and the days it held."""

    __tablename__ = "areas"
    __table_args__ = (
        Index("uq_areas_code_open", "code", unique=True, postgresql_where=OPEN),
        Index("ix_areas_code", "code", postgresql_ops={"code": "text_pattern_ops"}),
        Index("ix_areas_geom", "geom", postgresql_using="gist"),
    )

    code: Mapped[str]
    level: Mapped[str]
    depth: Mapped[int]
    parent_code: Mapped[str | None]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    geom: Mapped[MultiPolygon4326]
    area_m2: Mapped[float]
    is_generated: Mapped[bool] = mapped_column(server_default="false")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    recorded_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AreaCode(Base, HasId):
    """An official code and name of an area whose border may not be known."""

    __tablename__ = "area_codes"

    code: Mapped[str] = mapped_column(unique=True)
    level: Mapped[str]
    parent_code: Mapped[str | None] = mapped_column(index=True)
    name_zh: Mapped[str]
    name_en: Mapped[str | None]


class AreaSuccessor(Base):
    """Which share of the ground of an area that ended went to which one that began. Append-only."""

    __tablename__ = "area_successors"
    __table_args__ = (
        CheckConstraint("share > 0 AND share <= 1", name="share"),
        Index("ix_area_successors_new_id", "new_id"),
    )

    old_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("areas.id"), primary_key=True)
    new_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("areas.id"), primary_key=True)
    share: Mapped[float]


class GridVersion(Base, HasId):
    """One act of drawing cells: when, over which areas, how, why."""

    __tablename__ = "grid_versions"

    label: Mapped[str]
    method: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())


class UnitCell(Base, HasId):
    """A unit cell (单元网格): the smallest cell, inside one finest area."""

    __tablename__ = "unit_cells"
    __table_args__ = (
        Index("uq_unit_cells_code_open", "code", unique=True, postgresql_where=OPEN),
        Index("ix_unit_cells_area_code", "area_code", postgresql_ops={"area_code": "text_pattern_ops"}),
        Index("ix_unit_cells_geom", "geom", postgresql_using="gist"),
    )

    code: Mapped[str]
    area_code: Mapped[str]
    geom: Mapped[Polygon4326]
    area_m2: Mapped[float]
    land_use: Mapped[str | None]
    management_level: Mapped[str | None]
    responsible_body: Mapped[str | None]
    version_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("grid_versions.id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class DutyCell(Base, HasId):
    """A duty cell (责任网格): a set of unit cells with the person or team who answers for it."""

    __tablename__ = "duty_cells"
    __table_args__ = (Index("uq_duty_cells_code_open", "code", unique=True, postgresql_where=OPEN),)

    code: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="inspection")
    name_zh: Mapped[str]
    name_en: Mapped[str]
    area_code: Mapped[str]
    responsible: Mapped[str | None]
    team: Mapped[str | None]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class DutyCellUnit(Base):
    """Which unit cells make up a duty cell, and since when."""

    __tablename__ = "duty_cell_units"
    __table_args__ = (Index("ix_duty_cell_units_unit_cell_id", "unit_cell_id"),)

    duty_cell_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("duty_cells.id"), primary_key=True)
    unit_cell_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("unit_cells.id"), primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    valid_to: Mapped[date | None]


class AddressKind(enum.StrEnum):
    """What a standard address point stands for (GB/T 23705-2009 speaks of plates, places and points of interest)."""

    DOOR = "door"
    BUILDING = "building"
    INTERSECTION = "intersection"
    POI = "poi"


class Address(Base, HasId):
    """A standard address point (标准地址): where people and things say they are."""

    __tablename__ = "addresses"
    __table_args__ = (
        UniqueConstraint("external_id", name="uq_addresses_external_id"),
        Index("ix_addresses_geom", "geom", postgresql_using="gist"),
        Index("ix_addresses_geog", text("(geom::geography)"), postgresql_using="gist"),
        Index("ix_addresses_search_trgm", "search", postgresql_using="gin", postgresql_ops={"search": "gin_trgm_ops"}),
        Index("ix_addresses_area_code", "area_code", postgresql_ops={"area_code": "text_pattern_ops"}),
    )

    external_id: Mapped[str | None]
    kind: Mapped[AddressKind] = mapped_column(enum_text(AddressKind))
    parent_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("addresses.id"))
    area_code: Mapped[str]
    unit_cell_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("unit_cells.id"), index=True)
    road: Mapped[str | None]
    number: Mapped[str | None]
    building: Mapped[str | None]
    text_zh: Mapped[str]
    text_en: Mapped[str]
    search: Mapped[str] = mapped_column(Text)  # lower case: both texts, aliases, pinyin and initials
    geom: Mapped[Point4326]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]


class AddressAlias(Base, HasId):
    """Another name under which an address is looked for: historic, spoken, in another script."""

    __tablename__ = "address_aliases"

    address_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("addresses.id"), index=True)
    text: Mapped[str]
    kind: Mapped[str] = mapped_column(server_default="alias")
    valid_to: Mapped[date | None]


class Road(Base, HasId):
    """A stretch of road or rail."""

    __tablename__ = "roads"
    __table_args__ = (Index("ix_roads_geom", "geom", postgresql_using="gist"),)

    external_id: Mapped[str | None]
    name_zh: Mapped[str | None]
    name_en: Mapped[str | None]
    road_class: Mapped[str]  # motorway, primary, secondary, residential, service, footway, rail
    is_oneway: Mapped[bool] = mapped_column(server_default="false")
    geom: Mapped[Line4326]
    is_generated: Mapped[bool] = mapped_column(server_default="false")


class RoadEdge(Base):
    """A stretch of road between two junctions: `metres` on the ellipsoid, `line` in the metres of the city's CRS."""

    __tablename__ = "road_edges"
    __table_args__ = (
        Index("ix_road_edges_geom", "geom", postgresql_using="gist"),
        Index("ix_road_edges_line", "line", postgresql_using="gist"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    source: Mapped[int] = mapped_column(BigInteger)
    target: Mapped[int] = mapped_column(BigInteger)
    metres: Mapped[float]
    is_oneway: Mapped[bool]
    kind: Mapped[str]  # the road's class
    road_id: Mapped[int] = mapped_column(BigInteger)  # as it was when the edges were made
    geom: Mapped[Line4326]
    line: Mapped[LineMetres]


class RoadGraph(Base):
    """Of which roads the edges were made: another loading of the city makes them anew."""

    __tablename__ = "road_graph"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, server_default="1", autoincrement=False)
    version: Mapped[str]
    built_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Building(Base, HasId):
    """A building outline."""

    __tablename__ = "buildings"
    __table_args__ = (Index("ix_buildings_geom", "geom", postgresql_using="gist"),)

    external_id: Mapped[str | None]
    name_zh: Mapped[str | None]
    name_en: Mapped[str | None]
    use: Mapped[str | None]
    floors: Mapped[int | None]
    height_m: Mapped[float | None]
    address_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("addresses.id"))
    unit_cell_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("unit_cells.id"), index=True)
    area_code: Mapped[str | None]
    geom: Mapped[Polygon4326]
    is_generated: Mapped[bool] = mapped_column(server_default="false")


class Ground(Base, HasId):
    """What else the ground is: water, green, block."""

    __tablename__ = "grounds"
    __table_args__ = (Index("ix_grounds_geom", "geom", postgresql_using="gist"),)

    external_id: Mapped[str | None]
    kind: Mapped[str]  # water, river, green, block
    name_zh: Mapped[str | None]
    name_en: Mapped[str | None]
    geom: Mapped[Any4326]
    is_generated: Mapped[bool] = mapped_column(server_default="false")


class Relocation(Base, HasId):
    """The assignment that a record had before it was located again. Append-only."""

    __tablename__ = "relocations"
    __table_args__ = (Index("ix_relocations_register_record_id", "register", "record_id"),)

    register: Mapped[str]
    record_id: Mapped[int] = mapped_column(BigInteger)
    unit_cell_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("unit_cells.id"))
    area_code: Mapped[str]
    reason: Mapped[str]
    until_at: Mapped[datetime] = mapped_column(server_default=func.now())
