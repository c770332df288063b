"""Coordinate reference systems of the OGC API: URIs, PostGIS's numbers, which axis comes first."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pyproj import CRS

from app.web.city import city_facts
from gis.errors import InvalidInput

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


class CrsUnknown(InvalidInput):
    """The collection is not offered in this CRS."""

    code = "ogc.crs"


@dataclass(frozen=True)
class Crs:
    """A CRS as clients name it; `flipped`: its northing or latitude comes first."""

    uri: str
    srid: int
    flipped: bool

    @property
    def digits(self) -> int:
        """Decimals of a coordinate: a centimetre of degrees, a millimetre of metres."""
        return 7 if self.srid == 4326 else 3


@cache
def _of(epsg: int) -> Crs:
    first = CRS.from_epsg(epsg).axis_info[0]
    return Crs(f"{EPSG}{epsg}", epsg, first.direction.lower() == "north")


LONLAT = Crs(CRS84, 4326, False)


def offered() -> list[Crs]:
    """CRS84, EPSG:4326, EPSG:3857 and the city's own."""
    own = city_facts().crs_epsg
    return [LONLAT, *(_of(epsg) for epsg in dict.fromkeys((4326, 3857, *([own] if own else []))))]


def read(given: str | None, known: list[Crs], field: str) -> Crs:
    """The CRS of an argument: a URI, or ``EPSG:n``; CRS84 when nothing was given. CrsUnknown names the argument."""
    if not given:
        return LONLAT
    plain = given.strip().strip("<>[]")
    if plain.upper().startswith("EPSG:"):
        plain = f"{EPSG}{plain[5:]}"
    for one in known:
        if one.uri == plain:
            return one
    raise CrsUnknown("The CRS {crs} is not offered here.", field=field, crs=given[:100])
