"""Facilities as they stood at a moment: each with what its history calls the values before the first later change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import inspect, not_, select
from sqlalchemy.orm import aliased

from app.facilities.models import Facility, FacilityEntry
from app.facilities.service import FACTS
from layers.past import Log


def facilities_at(at: datetime) -> Any:
    """`Facility` with the place and the facts of a moment; those added later are left out.

    One whose adding has no line of its own came with the register, and is there from the beginning.
    """
    log = Log(FacilityEntry.facility_id, Facility.id, at)
    then = {
        "geom": log.geometry("geometry_before", Facility.geom),
        "area_code": log.text("area_code_before", Facility.area_code),
        **{name: log.value(name, getattr(Facility, name)) for name in FACTS},
    }  # fmt: skip
    columns = [
        then[one.key].label(one.key) if one.key in then else getattr(Facility, one.key)
        for one in inspect(Facility).column_attrs
    ]
    stood = select(*columns).where(not_(log.has("created")))
    return aliased(Facility, stood.subquery("stood"), adapt_on_names=True)
