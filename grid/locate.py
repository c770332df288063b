"""Where something lies: its unit cell, area, duty cell and nearest address.

`locate` asks the database for one geometry; `CellIndex` answers for many at once from memory. Both follow one rule:

- a line or an area is assigned by a point on it (SQL function ``grid_anchor``);
- the cell that covers the point takes it; on a shared border the cell with the smallest code;
- a point in no cell goes to the nearest cell within the profile's ``snap_m`` (never more than 300 m), measured
  geodesically and to the millimetre, again with the smallest code where two are equally near;
- anything else is outside the city and refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.errors import InvalidInput
from grid.index import ADDRESS_M, SNAP_MAX_M, CellIndex, PlacesMany

__all__ = ["ADDRESS_M", "SNAP_MAX_M", "CellIndex", "OutsideCity", "Place", "PlacesMany", "fields", "locate"]
_LOCATE = text((Path(__file__).parent / "sql" / "locate.sql").read_text())


class OutsideCity(InvalidInput):
    """The place lies in no unit cell of the city, and none is near enough."""

    code = "grid.outside_city"


@dataclass(frozen=True)
class Place:
    """What a place belongs to.

    `snapped_m` is 0 when a cell covers the place, else metres to the cell taken. `address_id` is the nearest
    address within 200 m, `address_distance_m` its distance in metres.
    """

    unit_cell_id: int
    unit_cell_code: str
    area_code: str
    duty_cell_id: int | None
    address_id: int | None
    address_distance_m: float | None
    snapped_m: float


def locate(db: Session, geom: BaseGeometry) -> Place:
    """The place of one geometry of any kind, in EPSG:4326 (x = lon, y = lat).

    Raises InvalidInput for an empty geometry or one that isn't in degrees, OutsideCity when no cell is near enough.
    """
    if geom.is_empty:
        raise InvalidInput("The place has no coordinates.", field="geom")
    west, south, east, north = geom.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InvalidInput("Coordinates are longitude and latitude in degrees.", field="geom")
    found = db.execute(
        _LOCATE,
        {"wkb": shapely.to_wkb(shapely.force_2d(geom)), "snap_max_m": SNAP_MAX_M, "address_m": ADDRESS_M},
    ).one_or_none()
    if found is None:
        spot = geom.representative_point()
        raise OutsideCity(
            "The place {lon}, {lat} lies outside the city.", field="geom", lon=f"{spot.x:.4f}", lat=f"{spot.y:.4f}"
        )
    return Place(**found._mapping)


def fields(place: Place) -> dict[str, Any]:
    """The columns of a `Located` model that say where a place belongs."""
    return {"unit_cell_id": place.unit_cell_id, "area_code": place.area_code, "address_id": place.address_id}
