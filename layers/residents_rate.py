"""Rows for every 1,000 residents of an area or unit cell: the residents are counted from the register, as `counts`
publishes them, so that a rate tells of nobody whom the count of people would not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from gis.errors import Forbidden
from grid.reach import Viewer
from layers.counts import Counts, counts
from layers.filters import NOTHING, Filter
from layers.layer import Layer
from layers.units import Division

FEW = 100  # residents: below, one row more or less moves a rate by ten and more


class Register:
    """Which layer is that of the residents; the domain that keeps them says so when the application is made."""

    def __init__(self) -> None:
        self.layer: Layer | None = None

    def is_open_to(self, viewer: Viewer) -> bool:
        """Whether there are residents that the viewer may see counted."""
        return self.layer is not None and self.layer.is_open_to(viewer)


RESIDENTS = Register()


def rated(
    db: Session, layer: Layer, viewer: Viewer, division: Division, chosen: Filter, rate: str, **how: Any
) -> Counts:
    """`counts` (whose further arguments are `how`), with the residents of each unit where `rate` divides by them."""
    found = counts(db, layer, viewer, division, chosen, **how)
    return with_people(db, viewer, division, chosen, found) if rate == "per_1000" else found


def with_people(db: Session, viewer: Viewer, division: Division, chosen: Filter, found: Counts) -> Counts:
    """The units with their residents: None where they are held back. A filter narrows the rows, never the residents.

    Forbidden for a viewer who may not see residents counted.
    """
    layer = RESIDENTS.layer
    if layer is None or not RESIDENTS.is_open_to(viewer):
        raise Forbidden("Residents are not counted for you.")
    area = replace(NOTHING, area=chosen.area)
    people = {one.code: one.count for one in counts(db, layer, viewer, division, area).items}
    return replace(found, items=tuple(replace(one, people=people.get(one.code)) for one in found.items))


def are_few(found: Counts) -> bool:
    """Whether the rate of any unit has less than `FEW` residents under it."""
    return any(one.people is not None and 0 < one.people < FEW and one.count for one in found.items)
