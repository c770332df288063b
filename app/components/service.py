"""Registering components and changing their condition. What happened to one is a new entry, never an edited one."""

from __future__ import annotations

from typing import Any

from geoalchemy2.shape import from_shape, to_shape
from shapely.geometry import Point
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.catalogue import usable_class
from app.components.codes import check_code, take_code
from app.components.models import Component, ComponentEntry, ComponentState
from app.components.schemas import ComponentIn
from app.components.visible import visible
from app.live.service import announce
from gis.datum import normal, to_wgs84
from gis.errors import Conflict, Forbidden, NotFound
from grid.locate import fields, locate
from grid.located import LocatedBy
from grid.reach import Viewer


class OutOfReach(Forbidden):
    """The place lies in the city but not in the viewer's areas."""

    code = "components.out_of_reach"


class StaleComponent(Conflict):
    """Somebody else changed the component meanwhile."""

    code = "components.stale"


def create(db: Session, viewer: Viewer, given: ComponentIn) -> Component:
    """Register a component where it stands; its code is checked, or made when none is given.

    Raises Forbidden without the right, OutOfReach, grid.locate.OutsideCity, InvalidInput, CodeTaken.
    """
    viewer.require("components.edit")
    spot = Point(*to_wgs84(given.lon, given.lat, given.datum))
    place = locate(db, spot)
    if not viewer.reaches(place.area_code):
        raise OutOfReach("The place is not in your areas.", field="lon")
    chosen = usable_class(db, given.class_id, kind="component")
    code = (
        check_code(db, given.code, place.area_code, chosen.code)
        if given.code
        else take_code(db, place.area_code, chosen.code)
    )
    component = Component(
        **fields(place), **given.model_dump(include=_KEPT), code=code, class_id=chosen.id,
        geom=from_shape(spot, srid=4326), located_by=LocatedBy(given.located_by), datum_given=normal(given.datum),
    )  # fmt: skip
    db.add(component)
    db.flush()
    _enter(db, viewer, component, "registered", note=given.note, data={"state": given.state.value})
    _announce(db, component, "created")
    return component


_KEPT = {
    "accuracy_m", "name_zh", "name_en", "state", "in_charge", "owner", "maintainer", "data_source", "first_recorded_on",
}  # fmt: skip


def set_state(
    db: Session,
    viewer: Viewer,
    code: str,
    state: ComponentState,
    *,
    note: str = "",
    expected: ComponentState | None = None,
) -> Component:
    """Change a component's condition; asking for the present one adds nothing.

    Raises NotFound (also out of reach), Forbidden, StaleComponent when it is no longer as the viewer saw it.
    """
    viewer.require("components.edit")
    component = db.scalar(select(Component).where(Component.code == code, visible(viewer)).with_for_update())
    if component is None:
        raise NotFound("There is no component {code}, or not in your areas.", code=code)
    if expected is not None and component.state != expected:
        raise StaleComponent("Somebody changed the component meanwhile: look again before you go on.")
    if component.state == state:
        return component
    before, component.state = component.state, state
    _enter(db, viewer, component, "state", note=note, data={"from": before.value, "to": state.value})
    _announce(db, component, "changed")
    return component


def _enter(
    db: Session, viewer: Viewer, component: Component, kind: str, *, note: str = "", data: dict[str, Any] | None = None
) -> None:
    db.add(
        ComponentEntry(
            component_id=component.id,
            kind=kind,
            account_id=viewer.account_id,
            actor=viewer.name,
            note=note,
            data=data or {},
        )
    )
    db.flush()


def _announce(db: Session, component: Component, kind: Any) -> None:
    announce(
        db, channel="components", kind=kind, record_id=component.id, area_code=component.area_code,
        bbox=to_shape(component.geom).bounds,
    )  # fmt: skip
