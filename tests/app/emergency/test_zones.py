"""Zones: they touch the city and keep to a size."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.emergency.zones import InvalidZone, read_zone, require_in_city
from tests import make
from tests.make_events import square


def test_a_zone_must_touch_the_city_and_keep_to_a_size(db: Session) -> None:
    make.city(db)
    require_in_city(db, read_zone(square(make.WEST - 0.001, make.SOUTH)))
    with pytest.raises(InvalidZone, match="outside"):
        require_in_city(db, read_zone(square(make.WEST + 1, make.SOUTH)))
    with pytest.raises(InvalidZone, match="km²"):
        require_in_city(db, read_zone(square(make.WEST - 2, make.SOUTH - 2, 4)))
    long = {"type": "LineString", "coordinates": [[make.WEST, make.SOUTH], [124.0, 31.231]]}
    with pytest.raises(InvalidZone, match="km long"):
        require_in_city(db, read_zone(long))
