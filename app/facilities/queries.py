"""Reading facilities: one, many, their history. Every read narrows by the viewer's reach."""

from __future__ import annotations

from typing import Any

from geoalchemy2.shape import to_shape
from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from app.facilities.models import Facility, FacilityEntry, FacilityKind
from app.facilities.schemas import FacilityQuery
from app.facilities.service import get
from app.web.paging import decode, encode
from gis.drawn import to_geojson
from gis.errors import InvalidInput
from grid.models import Address, Area, UnitCell
from grid.reach import Viewer, within


def find(db: Session, viewer: Viewer, query: FacilityQuery) -> dict[str, Any]:
    """Facilities that pass the filters, by key: items, the next page's mark, how many match in all."""
    viewer.require("facilities.read")
    wanted = and_(within(viewer, Facility.area_code), *_conditions(query))
    matched = db.scalar(select(func.count()).select_from(Facility).where(wanted)) or 0
    page = _rows().where(wanted).order_by(Facility.id).limit(query.limit + 1)
    if query.after:
        page = page.where(Facility.id > _mark(query.after))
    rows = db.execute(page).all()
    kept = rows[: query.limit]
    return {
        "items": [_to_json(row) for row in kept],
        "next": encode([kept[-1][0].id]) if len(rows) > query.limit else None,
        "matched": matched,
    }


def read(db: Session, viewer: Viewer, facility_id: int) -> dict[str, Any]:
    """One facility with its shape; NotFound when there is none for this viewer."""
    facility = get(db, viewer, facility_id)
    row = db.execute(_rows().where(Facility.id == facility.id)).one()
    return _to_json(row) | {
        "geometry": to_geojson(to_shape(facility.geom)),
        "attributes": facility.attributes,
        "accuracy_m": facility.accuracy_m,
        "located_by": facility.located_by,
        "external_system": facility.external_system,
        "external_id": facility.external_id,
        "recorded_at": facility.recorded_at.isoformat(),
    }


def history(db: Session, viewer: Viewer, facility_id: int) -> list[dict[str, Any]]:
    """A facility's history, oldest first."""
    facility = get(db, viewer, facility_id)
    wanted = select(FacilityEntry).where(FacilityEntry.facility_id == facility.id)
    rows = db.scalars(wanted.order_by(FacilityEntry.at, FacilityEntry.id))
    return [
        {"kind": row.kind, "at": row.at.isoformat(), "actor": row.actor, "note": row.note, "data": row.data}
        for row in rows
    ]


def kind_counts(db: Session, viewer: Viewer, query: FacilityQuery) -> dict[str, int]:
    """How many facilities of each kind pass the other filters."""
    viewer.require("facilities.read")
    others = query.model_copy(update={"kind": ""})
    wanted = and_(within(viewer, Facility.area_code), *_conditions(others))
    rows = db.execute(select(Facility.kind, func.count()).where(wanted).group_by(Facility.kind))
    return {str(kind): count for kind, count in rows}


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(Facility, UnitCell.code, Address.text_zh, Address.text_en, Area.name_zh, Area.name_en)
        .join(UnitCell, UnitCell.id == Facility.unit_cell_id)
        .outerjoin(Address, Address.id == Facility.address_id)
        .outerjoin(Area, and_(Area.code == Facility.area_code, Area.valid_to.is_(None)))
    )


def _to_json(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:
    facility, cell_code, address_zh, address_en, area_zh, area_en = row
    west, south, east, north = to_shape(facility.geom).bounds
    return {
        "id": facility.id,
        "kind": facility.kind,
        "name_zh": facility.name_zh,
        "name_en": facility.name_en,
        "address_text": facility.address_text,
        "capacity": facility.capacity,
        "area_code": facility.area_code,
        "area": {"name_zh": area_zh, "name_en": area_en} if area_zh or area_en else None,
        "unit_cell": {"id": facility.unit_cell_id, "code": cell_code},
        "address": {"id": facility.address_id, "text_zh": address_zh, "text_en": address_en}
        if facility.address_id
        else None,
        "bbox": [round(value, 7) for value in (west, south, east, north)],
        "is_generated": facility.is_generated,
    }


def _conditions(query: FacilityQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    kinds = [kind.strip() for kind in query.kind.split(",") if kind.strip()]
    if kinds:
        unknown = next((kind for kind in kinds if kind not in set(FacilityKind)), None)
        if unknown is not None:
            raise InvalidInput(
                "{value} is not one of {choices}.", value=unknown, choices=", ".join(FacilityKind), field="kind"
            )
        wanted.append(Facility.kind.in_(kinds))
    if query.area:
        wanted.append(Facility.area_code.startswith(query.area, autoescape=True))
    for word in query.q.split():
        texts = (Facility.name_zh, Facility.name_en, Facility.address_text)
        wanted.append(or_(*(text.icontains(word, autoescape=True) for text in texts)))
    if query.bbox:
        wanted.append(Facility.geom.op("&&")(func.ST_MakeEnvelope(*_bbox(query.bbox), 4326)))
    return wanted


def _bbox(given: str) -> tuple[float, ...]:
    try:
        west, south, east, north = (float(part) for part in given.split(","))
    except ValueError as error:
        raise InvalidInput("bbox is west,south,east,north in degrees.", field="bbox") from error
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InvalidInput("bbox is west,south,east,north in degrees.", field="bbox")
    return west, south, east, north


def _mark(after: str) -> int:
    values = decode(after)
    if len(values) != 1 or not isinstance(values[0], int):
        raise InvalidInput("The page mark {cursor} is not one of ours.", field="after", cursor=after[:80])
    return values[0]
