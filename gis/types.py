"""Column types for geometry. All are stored in EPSG:4326, x = lon, y = lat."""

from __future__ import annotations

from typing import Annotated

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy.orm import mapped_column

SRID = 4326


def geometry(kind: str) -> Geometry:
    """A PostGIS column type of one geometry kind in EPSG:4326, without an index of its own making."""
    return Geometry(kind, srid=SRID, spatial_index=False)


Point4326 = Annotated[WKBElement, mapped_column(geometry("POINT"), nullable=False)]
Line4326 = Annotated[WKBElement, mapped_column(geometry("LINESTRING"), nullable=False)]
LineMetres = Annotated[  # a second copy in a projected CRS, whose number is in each value
    WKBElement, mapped_column(Geometry("LINESTRING", srid=-1, spatial_index=False), nullable=False)
]
Polygon4326 = Annotated[WKBElement, mapped_column(geometry("POLYGON"), nullable=False)]
MultiPolygon4326 = Annotated[WKBElement, mapped_column(geometry("MULTIPOLYGON"), nullable=False)]
Any4326 = Annotated[WKBElement, mapped_column(geometry("GEOMETRY"), nullable=False)]
