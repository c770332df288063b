"""Reading residents: masked lists, look-up by name or number, residences, history. Every look is recorded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from app.audit.service import record
from app.residents import people
from app.residents.identity import clean_name, normal_number
from app.residents.masking import mask_name, mask_number, mask_phone
from app.residents.models import Dwelling, Person, Residence, ResidentEntry
from app.residents.schemas import PersonSearch, ResidentQuery
from app.residents.sealing import vault
from app.residents.visible import TODAY, age_on, holds_on, is_sensitive, name_key, today, visible
from app.web.paging import decode, encode
from gis.errors import InvalidInput
from grid.codes import normalise
from grid.models import Address, Area, Building
from grid.reach import Viewer, within

NAME_MIN = 2  # one sign would list half a town


def find(db: Session, viewer: Viewer, query: ResidentQuery) -> dict[str, Any]:
    """Residences that hold on a day within the viewer's areas, masked, latest entry first; the look is recorded."""
    viewer.require("residents.read")
    day = query.on or today(db)
    wanted = and_(within(viewer, Dwelling.area_code), holds_on(day), *_conditions(query))
    matched = db.scalar(_joined(select(func.count())).where(wanted)) or 0
    page = _rows().where(wanted).order_by(Residence.id.desc()).limit(query.limit + 1)
    if query.after:
        page = page.where(Residence.id < _mark(query.after))
    rows = db.execute(page).all()
    kept = rows[: query.limit]
    given = query.model_dump(mode="json", exclude={"after", "limit", "q"}, exclude_none=True)
    detail = given | {"terms": _hashed(query.q), "count": len(kept), "matched": matched}
    record(db, viewer, act="residents.list", subject="residents", detail=detail)
    return {
        "items": _listed(db, kept),
        "next": encode([kept[-1][0].id]) if len(rows) > query.limit else None,
        "matched": matched,
    }


def search(db: Session, viewer: Viewer, given: PersonSearch) -> dict[str, Any]:
    """Persons in sight by whole citizen number or by the beginning of a name, masked.

    The record keeps a keyed hash of the terms and the count. InvalidInput for less than two signs of a name, or for
    what begins like a number and is none.
    """
    viewer.require("residents.read")
    by, wanted = _terms(given.q)
    rows = db.execute(
        _rows(current_only=True).where(wanted, visible(viewer)).order_by(Person.id, Residence.id).limit(given.limit + 1)
    ).all()
    kept = [row for row in rows if row[1] is None or viewer.reaches(row[1].area_code)][: given.limit]
    detail = {"terms": _hashed(given.q), "by": by, "count": len(kept)}
    record(db, viewer, act="residents.search", subject="residents", detail=detail)
    return {"items": _listed(db, kept), "next": None, "matched": len(kept), "is_cut": len(rows) > given.limit}


def read(db: Session, viewer: Viewer, person_id: int) -> dict[str, Any]:
    """One person, masked, with residences in reach; the look is recorded. NotFound when not for this viewer."""
    person = people.get(db, viewer, person_id)
    record(db, viewer, act="residents.read", subject="person", subject_id=person.id)
    kept = vault()
    phone = kept.open(person.phone_sealed, "phone") if person.phone_sealed else None
    return _masked(person, today(db)) | {
        "phone": mask_phone(phone) if phone else None,
        "residences": residences_of(db, viewer, person.id),
        "recorded_at": person.recorded_at.isoformat(),
        "is_generated": person.is_generated,
    }


def history(db: Session, viewer: Viewer, person_id: int) -> list[dict[str, Any]]:
    """What happened to a person's record, oldest first, without personal data."""
    person = people.get(db, viewer, person_id)
    wanted = select(ResidentEntry).where(ResidentEntry.person_id == person.id)
    rows = db.scalars(wanted.order_by(ResidentEntry.at, ResidentEntry.id))
    return [{"kind": row.kind, "at": row.at.isoformat(), "actor": row.actor, "note": row.note} for row in rows]


def residences_of(db: Session, viewer: Viewer, person_id: int) -> list[dict[str, Any]]:
    """A person's residences, latest first. One outside the viewer's areas is told without its place."""
    day = today(db)
    rows = db.execute(
        select(Residence, Dwelling, Building, Address)
        .join(Dwelling, Dwelling.id == Residence.dwelling_id)
        .outerjoin(Building, Building.id == Dwelling.building_id)
        .outerjoin(Address, Address.id == Dwelling.address_id)
        .where(Residence.person_id == person_id)
        .order_by(Residence.from_on.desc(), Residence.id.desc())
    ).all()
    return [
        {
            "id": residence.id,
            "kind": residence.kind,
            "from_on": residence.from_on.isoformat(),
            "to_on": residence.to_on.isoformat() if residence.to_on else None,
            "is_current": residence.from_on <= day and (residence.to_on is None or residence.to_on > day),
            "verified_at": residence.verified_at.isoformat() if residence.verified_at else None,
            "dwelling": _dwelling(dwelling, building, address) if viewer.reaches(dwelling.area_code) else None,
        }
        for residence, dwelling, building, address in rows
    ]


def _rows(*, current_only: bool = False) -> Select[*tuple[Any, ...]]:
    """Residences with dwelling, person, building, address; `current_only`: persons, with their present homes if any."""
    columns = select(Residence, Dwelling, Person, Building, Address)
    if not current_only:
        return _joined(columns)
    return (
        columns.select_from(Person)
        .outerjoin(Residence, and_(Residence.person_id == Person.id, holds_on(TODAY)))
        .outerjoin(Dwelling, Dwelling.id == Residence.dwelling_id)
        .outerjoin(Building, Building.id == Dwelling.building_id)
        .outerjoin(Address, Address.id == Dwelling.address_id)
    )


def _joined(columns: Any) -> Select[*tuple[Any, ...]]:
    joined: Select[*tuple[Any, ...]] = (
        columns.select_from(Residence)
        .join(Dwelling, Dwelling.id == Residence.dwelling_id)
        .join(Person, Person.id == Residence.person_id)
        .outerjoin(Building, Building.id == Dwelling.building_id)
        .outerjoin(Address, Address.id == Dwelling.address_id)
    )
    return joined


def _conditions(query: ResidentQuery) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [Residence.kind == query.kind]
    if query.area:
        wanted.append(Dwelling.area_code.startswith(query.area, autoescape=True))
    if query.building_id is not None:
        wanted.append(Dwelling.building_id == query.building_id)
    if query.dwelling_id is not None:
        wanted.append(Dwelling.id == query.dwelling_id)
    words = query.q.casefold().split()
    wanted += [
        or_(
            Address.search.contains(word, autoescape=True),
            Building.name_zh.icontains(word, autoescape=True),
            Building.name_en.icontains(word, autoescape=True),
        )
        for word in words
    ]
    return wanted


def _terms(q: str) -> tuple[str, ColumnElement[bool]]:
    """Whether a number or a name is looked for, and the condition."""
    if any(sign.isdigit() for sign in normalise(q)):
        return "number", Person.number_index == vault().index(normal_number(q), "number")
    cleaned = clean_name(q)
    if len(cleaned) < NAME_MIN:
        raise InvalidInput("Type two signs of the name or more, or a whole citizen number.", field="q")
    return "name", Person.name_key.startswith(name_key(cleaned), autoescape=True)


def _listed(db: Session, rows: Iterable[Row[*tuple[Any, ...]]]) -> list[dict[str, Any]]:
    kept = list(rows)
    day = today(db)
    names = _area_names(db, {dwelling.area_code for _, dwelling, *_ in kept if dwelling})
    return [
        _masked(person, day)
        | {
            "residence_id": residence.id if residence else None,
            "kind": residence.kind if residence else None,
            "from_on": residence.from_on.isoformat() if residence else None,
            "dwelling": _dwelling(dwelling, building, address) if dwelling else None,
            "area_code": dwelling.area_code if dwelling else None,
            "area": names.get(dwelling.area_code) if dwelling else None,
        }
        for residence, dwelling, person, building, address in kept
    ]


def _masked(person: Person, day: Any) -> dict[str, Any]:
    number = vault().open(person.number_sealed, "number") if person.number_sealed else None
    return {
        "id": person.id,
        "name": mask_name(person.name),
        "sex": person.sex,
        "age": age_on(person.birth_on, day),
        "number": mask_number(number) if number else None,
        "is_sensitive": is_sensitive(person.birth_on, day),
    }


def _dwelling(dwelling: Dwelling, building: Building | None, address: Address | None) -> dict[str, Any]:
    return {
        "id": dwelling.id,
        "building_id": dwelling.building_id,
        "building_zh": building.name_zh if building else None,
        "building_en": building.name_en if building else None,
        "address_zh": address.text_zh if address else None,
        "address_en": address.text_en if address else None,
        "entrance": dwelling.entrance,
        "floor": dwelling.floor,
        "room": dwelling.room,
        "area_code": dwelling.area_code,
    }


def _area_names(db: Session, codes: set[str]) -> dict[str, dict[str, str]]:
    rows = db.execute(
        select(Area.code, Area.name_zh, Area.name_en).where(Area.code.in_(codes), Area.valid_to.is_(None))
    )
    return {row.code: {"name_zh": row.name_zh, "name_en": row.name_en} for row in rows}


def _hashed(terms: str) -> str | None:
    """Terms as the record keeps them: equal terms look equal, and nobody can read them back."""
    return vault().index(normalise(terms), "terms").hex()[:32] if terms.strip() else None


def _mark(after: str) -> int:
    values = decode(after)
    if len(values) != 1 or not isinstance(values[0], int):
        raise InvalidInput("The page mark {cursor} is not one of ours.", field="after", cursor=after[:80])
    return values[0]
