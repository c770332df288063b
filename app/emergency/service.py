"""Opening, redrawing, changing and ending emergency events. Rights and reach are checked here, for every entry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from geoalchemy2.shape import from_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.emergency.classes import get_class
from app.emergency.models import Event, EventEntry, EventStatus
from app.emergency.numbers import take_number
from app.emergency.schemas import EventChange, NewEvent
from app.emergency.words import STATUSES
from app.emergency.zones import bbox_of, read_zone, require_in_city, zone_to_json
from app.live.service import announce
from gis.errors import Conflict, Forbidden, InvalidInput, NotFound
from gis.types import SRID
from grid.locate import Place, fields, locate
from grid.reach import Viewer, within

FUTURE = timedelta(minutes=5)  # clocks of phones run ahead

# What an event's status may become. `void` is for events that never were.
MOVES: dict[EventStatus, frozenset[EventStatus]] = {
    EventStatus.ACTIVE: frozenset({EventStatus.CONTAINED, EventStatus.ENDED, EventStatus.VOID}),
    EventStatus.CONTAINED: frozenset({EventStatus.ACTIVE, EventStatus.ENDED, EventStatus.VOID}),
    EventStatus.ENDED: frozenset({EventStatus.ACTIVE}),
    EventStatus.VOID: frozenset(),
}
FACTS = ("class_id", "title", "level", "description")
_ENTRY_OF = {
    EventStatus.ACTIVE: "reopened",
    EventStatus.CONTAINED: "contained",
    EventStatus.ENDED: "ended",
    EventStatus.VOID: "voided",
}


class EventMoveNotAllowed(Conflict):
    """The event's present status does not lead to the asked one."""

    code = "events.move_not_allowed"


class EventClosed(Conflict):
    """An ended or void event keeps its zone and facts."""

    code = "events.closed"


def create(db: Session, viewer: Viewer, given: NewEvent) -> Event:
    """Open an event where it lies; watching maps hear of it once it is committed.

    Raises Forbidden without the right or outside the viewer's areas, InvalidInput for its facts and zone.
    """
    viewer.require("events.create")
    found_class = get_class(db, given.class_id)
    zone = read_zone(given.geometry, given.datum)
    place = _place(db, viewer, zone)
    now = datetime.now(UTC)
    event = Event(
        number=take_number(db, now),
        class_id=found_class.id,
        title=given.title,
        level=given.level,
        description=given.description,
        happened_at=_not_ahead(given.happened_at or now, now),
        learnt_at=now,
        reported_by=viewer.account_id,
        geom=from_shape(zone, srid=SRID),
        located_by=given.located_by,
        accuracy_m=given.accuracy_m,
        datum_given=given.datum,
        **fields(place),
    )
    db.add(event)
    db.flush()
    log(db, viewer, event, "opened", at=now, data={"zone": zone_to_json(zone), "level": given.level})
    _tell(db, event, "created", zone)
    return event


def change(db: Session, viewer: Viewer, number: str, given: EventChange) -> Event:
    """Change what was sent of an event: facts, level, status, zone. Each kind of change is a line of its log.

    Raises NotFound, Forbidden, EventMoveNotAllowed, EventClosed or InvalidInput.
    """
    viewer.require("events.edit")
    event = get(db, viewer, number, lock=True)
    sent = given.model_fields_set
    if given.status is not None and given.status != event.status:
        _move(db, viewer, event, given.status, given.note)
    if given.geometry is not None:
        _require_open(event)
        _redraw(db, viewer, event, read_zone(given.geometry, given.datum), given)
    facts: dict[str, Any] = {name: getattr(given, name) for name in FACTS if name in sent}
    _change_facts(db, viewer, event, facts, given.note)
    db.flush()
    return event


def get(db: Session, viewer: Viewer, number: str, *, lock: bool = False) -> Event:
    """An event within the viewer's reach by its number; NotFound when there is none for this viewer."""
    viewer.require("events.read")
    wanted = select(Event).where(Event.number == number, within(viewer, Event.area_code))
    found = db.scalar(wanted.with_for_update() if lock else wanted)
    if found is None:
        raise NotFound("There is no event {number}.", number=number)
    return found


def log(
    db: Session,
    viewer: Viewer,
    event: Event,
    kind: str,
    *,
    at: datetime | None = None,
    note: str = "",
    data: dict[str, Any] | None = None,
) -> None:
    """Add a line to an event's log: `at` is when it held, the database adds when it was recorded."""
    db.add(
        EventEntry(
            event_id=event.id,
            kind=kind,
            at=at or datetime.now(UTC),
            account_id=viewer.account_id,
            actor=viewer.name,
            note=note,
            data=data or {},
        )
    )
    db.flush()


def _move(db: Session, viewer: Viewer, event: Event, to: EventStatus, note: str) -> None:
    if to not in MOVES[event.status]:
        raise EventMoveNotAllowed(
            "The event is {status}: it can't become {to}.",
            status=STATUSES[event.status],
            to=STATUSES[to],
            field="status",
        )
    before, event.status = event.status, to
    event.ended_at = datetime.now(UTC) if to is EventStatus.ENDED else None
    log(db, viewer, event, _ENTRY_OF[to], note=note, data={"status": [before, to]})
    _tell(db, event, "changed")


def _redraw(db: Session, viewer: Viewer, event: Event, zone: BaseGeometry, given: EventChange) -> None:
    before = zone_to_json(event.geom)
    if before == zone_to_json(zone):
        return
    _tell(db, event, "changed")  # those who watch the older place
    data = {"zone_before": before, "zone": zone_to_json(zone), "area_code_before": event.area_code}
    for name, value in fields(_place(db, viewer, zone)).items():
        setattr(event, name, value)
    event.geom = from_shape(zone, srid=SRID)
    event.datum_given = given.datum
    event.located_at = datetime.now(UTC)
    db.flush()
    log(db, viewer, event, "redrawn", note=given.note, data=data)
    _tell(db, event, "changed", zone)


def _change_facts(db: Session, viewer: Viewer, event: Event, facts: dict[str, Any], note: str) -> None:
    """Write the facts that differ, as one line of the log with old and new values."""
    if facts.get("class_id") is not None:
        get_class(db, facts["class_id"])
    changed = {
        name: [getattr(event, name), value]
        for name, value in facts.items()
        if value != getattr(event, name) and (value is not None or name == "level")
    }
    if not changed:
        return
    if event.status is EventStatus.VOID:
        raise EventClosed("The event is void: it can't be changed.")
    for name, (_, value) in changed.items():
        setattr(event, name, value)
    log(db, viewer, event, "changed", note=note, data=changed)
    _tell(db, event, "changed")


def _place(db: Session, viewer: Viewer, zone: BaseGeometry) -> Place:
    """Where a zone belongs; it must touch the city and lie, by its anchor, within the viewer's areas."""
    require_in_city(db, zone)
    place = locate(db, zone)
    if not viewer.reaches(place.area_code):
        raise Forbidden("This place lies outside your areas.")
    return place


def _require_open(event: Event) -> None:
    if event.status in (EventStatus.ENDED, EventStatus.VOID):
        raise EventClosed("The event is {status}: its zone can't be redrawn.", status=STATUSES[event.status])


def _not_ahead(at: datetime, now: datetime) -> datetime:
    if at > now + FUTURE:
        raise InvalidInput("An event can't have happened in the future.", field="happened_at")
    return at


def _tell(db: Session, event: Event, kind: Any, zone: BaseGeometry | None = None) -> None:
    announce(
        db,
        channel="events",
        kind=kind,
        record_id=event.id,
        area_code=event.area_code,
        bbox=bbox_of(event.geom if zone is None else zone),
    )
