"""`Located`: what every register shares. Nothing enters a register without a valid place."""

from __future__ import annotations

import enum
from datetime import datetime

from geoalchemy2 import WKBElement
from sqlalchemy import BigInteger, ForeignKey, Index, Text, func
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from gis.db import enum_text
from gis.types import geometry


class LocatedBy(enum.StrEnum):
    """How a place was found."""

    GNSS = "gnss"
    MAP = "map"
    ADDRESS = "address"
    COMPONENT = "component"
    SENSOR = "sensor"
    IMPORT = "import"
    DEFAULT = "default"  # the source's stand-in point: kept, but not truly located


class Located:
    """Columns of a record that stands at a place. The migration adds the triggers that refuse a misplaced row.

    `geom` is EPSG:4326, lon/lat. `area_code` is the code of the finest area, kept in step with the unit cell.
    `accuracy_m` is metres, None when unknown. `datum_given` names the datum the coordinates came in.
    """

    __geometry_kind__ = "POINT"

    @declared_attr
    def geom(cls) -> Mapped[WKBElement]:  # noqa: N805 - declared_attr hands in the class
        return mapped_column(geometry(getattr(cls, "__geometry_kind__", "POINT")), nullable=False)

    @declared_attr
    def unit_cell_id(cls) -> Mapped[int]:  # noqa: N805
        return mapped_column(BigInteger, ForeignKey("unit_cells.id"), nullable=False, index=True)

    area_code: Mapped[str] = mapped_column(Text)

    @declared_attr
    def address_id(cls) -> Mapped[int | None]:  # noqa: N805
        return mapped_column(BigInteger, ForeignKey("addresses.id"))

    accuracy_m: Mapped[float | None]
    located_by: Mapped[LocatedBy] = mapped_column(enum_text(LocatedBy))
    datum_given: Mapped[str] = mapped_column(Text, server_default="wgs84")
    located_at: Mapped[datetime] = mapped_column(server_default=func.now())


def located_indexes(table: str) -> tuple[Index, ...]:
    """The indexes that every located table has: by place, by metres around a place, by jurisdiction."""
    return (
        Index(f"ix_{table}_geom", "geom", postgresql_using="gist"),
        Index(f"ix_{table}_area_code", "area_code", postgresql_ops={"area_code": "text_pattern_ops"}),
    )
