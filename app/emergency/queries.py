"""Reading events: one, many, their log. Every read narrows by the viewer's reach."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from app.emergency.models import EmergencyClass, Event, EventEntry, EventLevel, EventStatus
from app.emergency.schemas import EventQuery
from app.emergency.service import get
from app.emergency.zones import bbox_of, zone_to_json
from app.web.paging import decode, encode
from gis.errors import InvalidInput
from grid.models import Address, Area, UnitCell
from grid.reach import Viewer, within

E = TypeVar("E", bound=StrEnum)


def find(db: Session, viewer: Viewer, query: EventQuery) -> dict[str, Any]:
    """Events that pass the filters, newest first: items, the next page's mark, how many match in all."""
    viewer.require("events.read")
    wanted = and_(within(viewer, Event.area_code), *_conditions(query))
    matched = db.scalar(select(func.count()).select_from(Event).where(wanted)) or 0
    newest = tuple_(Event.happened_at, Event.id)
    page = _rows().where(wanted).order_by(Event.happened_at.desc(), Event.id.desc()).limit(query.limit + 1)
    if query.after:
        page = page.where(newest < tuple_(*_mark(query.after)))
    rows = db.execute(page).all()
    kept = rows[: query.limit]
    last = kept[-1][0] if len(rows) > query.limit else None
    names = area_names(db, (row[0].area_code for row in kept))
    return {
        "items": [_to_json(row, names) for row in kept],
        "next": encode([last.happened_at, last.id]) if last else None,
        "matched": matched,
    }


def read(db: Session, viewer: Viewer, number: str) -> dict[str, Any]:
    """One event with its zone; NotFound when there is none for this viewer."""
    event = get(db, viewer, number)
    row = db.execute(_rows().where(Event.id == event.id)).one()
    return _to_json(row, area_names(db, [event.area_code])) | {"geometry": zone_to_json(event.geom)}


def history(db: Session, viewer: Viewer, number: str) -> list[dict[str, Any]]:
    """An event's log, oldest first; `at` is when it held, `recorded_at` when it was written."""
    event = get(db, viewer, number)
    rows = db.scalars(select(EventEntry).where(EventEntry.event_id == event.id).order_by(EventEntry.at, EventEntry.id))
    return [
        {
            "kind": row.kind,
            "at": row.at.isoformat(),
            "recorded_at": row.recorded_at.isoformat(),
            "actor": row.actor,
            "note": row.note,
            "data": row.data,
        }
        for row in rows
    ]


def area_names(db: Session, codes: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    """For each finest area code the areas above and at it, top first, as they stand now."""
    wanted = sorted(set(codes))
    if not wanted:
        return {}
    prefixes = {code[:length] for code in wanted for length in range(1, len(code) + 1)}
    rows = db.execute(
        select(Area.code, Area.level, Area.name_zh, Area.name_en)
        .where(Area.code.in_(prefixes), Area.valid_to.is_(None))
        .order_by(Area.depth, Area.code)
    ).all()
    return {code: [dict(row._mapping) for row in rows if code.startswith(row.code)] for code in wanted}


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(Event, EmergencyClass, UnitCell.code, Address.text_zh, Address.text_en)
        .join(EmergencyClass, EmergencyClass.id == Event.class_id)
        .join(UnitCell, UnitCell.id == Event.unit_cell_id)
        .outerjoin(Address, Address.id == Event.address_id)
    )


def _to_json(row: Row[*tuple[Any, ...]], names: dict[str, list[dict[str, str]]]) -> dict[str, Any]:
    event, its_class, cell_code, address_zh, address_en = row
    return {
        "id": event.id,
        "number": event.number,
        "title": event.title,
        "class": {
            "id": its_class.id,
            "scheme": its_class.scheme,
            "code": its_class.code,
            "name_zh": its_class.name_zh,
            "name_en": its_class.name_en,
        },
        "level": event.level,
        "status": event.status,
        "description": event.description,
        "happened_at": event.happened_at.isoformat(),
        "learnt_at": event.learnt_at.isoformat(),
        "ended_at": event.ended_at.isoformat() if event.ended_at else None,
        "area_code": event.area_code,
        "areas": names.get(event.area_code, []),
        "unit_cell": {"id": event.unit_cell_id, "code": cell_code},
        "address": {"id": event.address_id, "text_zh": address_zh, "text_en": address_en} if event.address_id else None,
        "located_by": event.located_by,
        "accuracy_m": event.accuracy_m,
        "bbox": bbox_of(event.geom),
        "is_generated": event.is_generated,
    }


def _conditions(query: EventQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if query.status:
        wanted.append(Event.status.in_([_one_of(EventStatus, given, "status") for given in _split(query.status)]))
    if query.level:
        wanted.append(_level_is(_split(query.level)))
    if query.class_id is not None:
        wanted.append(Event.class_id.in_(_with_below(query.class_id)))
    if query.area:
        wanted.append(Event.area_code.startswith(query.area, autoescape=True))
    if query.from_at:
        wanted.append(Event.happened_at >= query.from_at)
    if query.to_at:
        wanted.append(Event.happened_at < query.to_at)
    if query.q.strip():
        wanted.append(_holds(query.q.strip()))
    if query.bbox:
        wanted.append(Event.geom.op("&&")(func.ST_MakeEnvelope(*parse_bbox(query.bbox), 4326)))
    return wanted


def _holds(q: str) -> ColumnElement[bool]:
    return or_(
        Event.number.istartswith(q, autoescape=True),
        Event.title.icontains(q, autoescape=True),
        Event.description.icontains(q, autoescape=True),
    )


def _level_is(levels: Sequence[str]) -> ColumnElement[bool]:
    named = [_one_of(EventLevel, level, "level") for level in levels if level != "none"]
    unset = Event.level.is_(None)
    return or_(Event.level.in_(named), unset) if "none" in levels else Event.level.in_(named)


def _with_below(class_id: int) -> Select[Any]:
    """A class and all below it."""
    top = select(EmergencyClass).where(EmergencyClass.id == class_id).cte(recursive=True)
    lower = aliased(EmergencyClass)
    down = select(lower).where(lower.scheme == top.c.scheme, lower.parent_code == top.c.code)
    return select(top.union_all(down).c.id)


def _split(given: str) -> list[str]:
    return [part.strip() for part in given.split(",") if part.strip()]


def _one_of(kind: type[E], given: str, field: str) -> E:
    try:
        return kind(given)
    except ValueError as error:
        raise InvalidInput(
            "{value} is not one of {choices}.", value=given, choices=", ".join(kind), field=field
        ) from error


def parse_bbox(given: str) -> tuple[float, float, float, float]:
    """West, south, east, north in degrees; InvalidInput otherwise."""
    try:
        west, south, east, north = (float(part) for part in given.split(","))
    except ValueError as error:
        raise InvalidInput("bbox is west,south,east,north in degrees.", field="bbox") from error
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InvalidInput("bbox is west,south,east,north in degrees.", field="bbox")
    return west, south, east, north


def _mark(after: str) -> tuple[Any, Any]:
    values = decode(after)
    if len(values) != 2:
        raise InvalidInput("The page mark {cursor} is not one of ours.", field="after", cursor=after[:80])
    return values[0], values[1]
