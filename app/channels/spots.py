"""The place of a report as a form gives it: on the map, as a chosen address, or as words to search for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.web.named import named
from gis.errors import InvalidInput
from grid import addresses
from grid.reach import Viewer

SHOWN = 6


@dataclass(frozen=True)
class Spot:
    """Degrees (WGS 84), and how they were given; `address_id` where an address was chosen."""

    lon: float
    lat: float
    located_by: str = "map"
    address_id: int | None = None

    @property
    def value(self) -> str:
        """The place as a form field holds it."""
        return f"{self.lon:.6f},{self.lat:.6f},{self.address_id or ''}"


def read(form: Mapping[str, str]) -> Spot | None:
    """The chosen place of a form: ``place`` is "lon,lat,address id"; None where none was chosen. InvalidInput."""
    given = form.get("place", "").strip()
    if not given:
        return None
    lon, lat, address = (*given.split(","), "", "")[:3]
    try:
        spot = Spot(float(lon), float(lat), "address" if address else "map", int(address) if address else None)
    except ValueError as error:
        raise InvalidInput("The place can't be read: choose it again.", field="address") from error
    if not (math.isfinite(spot.lon) and math.isfinite(spot.lat) and abs(spot.lon) <= 180 and abs(spot.lat) <= 90):
        raise InvalidInput("The place can't be read: choose it again.", field="address")
    return spot


def offered(db: Session, viewer: Viewer, words: str) -> list[dict[str, str]]:
    """Places that fit a text, each as the value of ``place`` and its words."""
    found = addresses.search(db, viewer, words[:100], limit=SHOWN)
    return [
        {"value": Spot(one.lon, one.lat, "", int(one.id) if one.kind == "address" else None).value,
         "words": named(one.text_zh, one.text_en)}
        for one in found
    ]  # fmt: skip
