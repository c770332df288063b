"""What anyone may know of a case, without an account: the one rule for every public door.

Public are number, class, progress, times, the department in charge, and the place in the city. The words and photos of
a report are public only where the public sent them, and not once the city refused the case or declared it void: what
inspectors, the hotline and departments write and photograph is for the city's own work and may speak of persons.
Who reported, who acted and the notes of moves are never public. A case on its source's stand-in point has no place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, case, false, func, null, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from app.cases.filters import CaseFilter, conditions
from app.cases.models import (
    OPEN_STATUSES,
    Case,
    CaseClass,
    CaseMove,
    CasePhoto,
    CaseSource,
    CaseStatus,
    CatalogueScheme,
)
from app.cases.photos import KEY
from app.cases.visible import is_open, is_truly_located
from gis.errors import NotFound
from grid.models import Address

ATTRIBUTES = "open311"  # the part of a case's attributes that a public door wrote
WITHHELD = (CaseStatus.REFUSED, CaseStatus.VOID)
Main = aliased(Case, name="main")  # a merged case is told by its main case, any other by itself
HIDDEN = "…"
Major = aliased(CaseClass, name="major")

# What names or reaches a person: e-mail, citizen number, phone (with an area code or a country's), number plate
PERSONAL = re.compile(
    r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
    r"|(?<!\d)\d{17}[\dXx](?!\d)"
    r"|(?<![\d.])(?!\d{4}-\d\d-\d\d(?!\d))\+?\(?\d{1,4}\)?(?:[ -]?\(?\d{2,5}\)?){2,4}(?!\.?\d)"
    r"|(?<![\d.])\d{2,4}(?:\.\d{2,5}){2,4}(?!\d)"
    r"|[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-Z][ ·]?[A-Z0-9]{5,6}(?![A-Z0-9])"
)
DIGITS_OF_A_PHONE = 7


@dataclass(frozen=True)
class PublicFilter:
    """Which public cases are asked for. `numbers` overrides all other filters; `closed_classes` are left out always."""

    numbers: tuple[str, ...] = ()
    is_open: bool | None = None
    cases: CaseFilter = field(default_factory=CaseFilter)
    updated_from: datetime | None = None
    updated_until: datetime | None = None
    closed_classes: Select[Any] | None = None  # ids of classes that the city keeps to itself


def main_id() -> ColumnElement[int]:
    """The id of the case that a case is told by; the chain is walked for merged ones only."""
    return case((Case.status == CaseStatus.MERGED, func.main_case(Case.id)), else_=Case.id)


def _main_is(statuses: Sequence[CaseStatus]) -> ColumnElement[bool]:
    """Merged cases whose main case stands at one of these."""
    told_by = aliased(Case, name="told_by")
    found = select(told_by.id).where(told_by.id == main_id(), told_by.status.in_(statuses)).correlate(Case)
    return and_(Case.status == CaseStatus.MERGED, found.exists())


def is_open_to_all() -> ColumnElement[bool]:
    """Cases that count as open in public: a merged one as long as its main case is."""
    return or_(is_open(), _main_is(OPEN_STATUSES))


def is_told() -> ColumnElement[bool]:
    """Cases whose words and photos are public."""
    return and_(Case.source == CaseSource.PUBLIC, Case.status.not_in(WITHHELD), ~_main_is(WITHHELD))


def _updated_at() -> ColumnElement[datetime]:
    def last(of: Any) -> Any:
        return select(func.max(CaseMove.at)).where(CaseMove.case_id == of).correlate(Case, Main).scalar_subquery()

    return func.greatest(last(Case.id), last(Main.id), Case.reported_at)


def _photo_key() -> ColumnElement[str]:
    first = select(CasePhoto.key).where(CasePhoto.case_id == Case.id, CasePhoto.stage == "report")
    return first.order_by(CasePhoto.id).limit(1).correlate(Case).scalar_subquery()


def _if(claim: ColumnElement[bool], value: Any) -> Any:
    return case((claim, value), else_=null())


COLUMNS: tuple[Any, ...] = (
    Case.id, Case.number, Main.status, Main.status.in_(OPEN_STATUSES).label("is_open"), Main.department,
    Case.reported_at, Main.due_at, Main.closed_at, (Case.status == CaseStatus.MERGED).label("is_merged"),
    _updated_at().label("updated_at"), Case.area_code,
    _if(is_told(), Case.description).label("description"), _if(is_told(), _photo_key()).label("photo_key"),
    _if(is_told(), Case.attributes[ATTRIBUTES]["media_url"].as_string()).label("media_url"),
    _if(is_truly_located(), func.ST_X(Case.geom)).label("lon"),
    _if(is_truly_located(), func.ST_Y(Case.geom)).label("lat"), Case.accuracy_m, Case.located_by,
    _if(is_truly_located(), Case.address_id).label("address_id"), Address.text_zh.label("address_zh"),
    Address.text_en.label("address_en"), CatalogueScheme.name.label("scheme"), CaseClass.kind, CaseClass.code,
    CaseClass.name_zh, CaseClass.name_en,
)  # fmt: skip


def page(
    db: Session, asked: PublicFilter, *, now: datetime, limit: int, after: Sequence[Any] = (), skip: int = 0
) -> list[Row[Any]]:
    """One page of public cases, newest report first, in one statement whatever its length.

    Parameters
    ----------
    after : sequence
        Reported time and id of the last row seen.
    skip : int
        Rows to leave out before the page.
    """
    newest = (Case.reported_at.desc(), Case.id.desc())
    picked = select(Case.id).where(*_conditions(asked, now))
    if after:
        picked = picked.where(tuple_(Case.reported_at, Case.id) < tuple_(*after))
    few = picked.order_by(*newest).limit(limit).offset(skip or None).subquery("few")
    is_kept = false() if asked.closed_classes is None else Main.class_id.in_(asked.closed_classes)
    columns: list[Any] = [*COLUMNS, _if(~is_kept, Main.number).label("main_number")]
    shown = (
        select(*columns)
        .select_from(Case)
        .join(few, few.c.id == Case.id)
        .join(Main, Main.id == main_id())
        .join(CaseClass, CaseClass.id == Case.class_id)
        .join(CatalogueScheme, CatalogueScheme.id == CaseClass.scheme_id)
        .outerjoin(Address, and_(Address.id == Case.address_id, is_truly_located()))
    )
    return list(db.execute(shown.order_by(*newest)).all())


def _conditions(asked: PublicFilter, now: datetime) -> list[ColumnElement[bool]]:
    made: list[ColumnElement[bool]] = []
    if asked.closed_classes is not None:
        made.append(Case.class_id.not_in(asked.closed_classes))
    if asked.numbers:
        return [*made, Case.number.in_(asked.numbers)]
    made += conditions(asked.cases, now)
    if asked.is_open is not None:
        made.append(is_open_to_all() if asked.is_open else ~is_open_to_all())
    if asked.updated_from:
        made.append(_moved_since(asked.updated_from))
    if asked.updated_until:
        made.append(~_moved_since(asked.updated_until))
    return made


def _moved_since(at: datetime) -> ColumnElement[bool]:
    """Cases that were moved since, or whose main case was."""
    of_main = select(CaseMove.case_id).where(CaseMove.case_id == main_id(), CaseMove.at >= at).correlate(Case)
    own = select(CaseMove.case_id).where(CaseMove.case_id == Case.id, CaseMove.at >= at).correlate(Case)
    return or_(own.exists(), and_(Case.status == CaseStatus.MERGED, of_main.exists()))


def updates(db: Session, case_ids: Sequence[int]) -> dict[int, list[tuple[datetime, CaseStatus]]]:
    """When each case reached which status, oldest first: no names, no notes."""
    found: dict[int, list[tuple[datetime, CaseStatus]]] = {}
    reached = CaseMove.from_status.is_distinct_from(CaseMove.to_status)
    moves = select(CaseMove.case_id, CaseMove.at, CaseMove.to_status).where(CaseMove.case_id.in_(case_ids), reached)
    for case_id, at, status in db.execute(moves.order_by(CaseMove.id)):
        found.setdefault(case_id, []).append((at, CaseStatus(status)))
    return found


def photo_keys(db: Session, case_ids: Sequence[int]) -> dict[int, list[str]]:
    """Keys of the public photos of cases, in the order they came."""
    found: dict[int, list[str]] = {}
    photos = select(Case.id, CasePhoto.key).select_from(CasePhoto).join(Case, Case.id == CasePhoto.case_id)
    photos = photos.where(Case.id.in_(case_ids), is_told(), CasePhoto.stage == "report").order_by(CasePhoto.id)
    for case_id, key in db.execute(photos):
        found.setdefault(case_id, []).append(key)
    return found


def check_photo(db: Session, key: str, *, closed_classes: Select[Any] | None = None) -> None:
    """NotFound unless the photo of this key is public."""
    if not KEY.fullmatch(key):
        raise NotFound("There is no such photo.")
    seen = select(Case.id).join(CasePhoto, CasePhoto.case_id == Case.id)
    seen = seen.where(CasePhoto.key == key, CasePhoto.stage == "report", is_told())
    if closed_classes is not None:
        seen = seen.where(Case.class_id.not_in(closed_classes))
    if db.scalar(seen) is None:
        raise NotFound("There is no such photo.")


def without_personal(text: str) -> str:
    """A text without what reaches or names a person: phone and citizen numbers, e-mail addresses, number plates."""

    def hide(found: re.Match[str]) -> str:
        given = found.group()
        is_long = sum(letter.isdigit() for letter in given) >= DIGITS_OF_A_PHONE
        return HIDDEN if is_long or not given.lstrip("+(")[:1].isdigit() else given

    return PERSONAL.sub(hide, text)


def minor_classes(*, in_use: bool = True) -> Subquery:
    """The classes that reports may name: ``id, scheme, kind, code, name_zh, name_en, major_zh, major_en``.

    `in_use`: only those that new cases choose from; otherwise all that a case may have.
    """
    child = aliased(CaseClass, name="child")
    below = select(child.id).where(child.parent_id == CaseClass.id)
    columns: list[Any] = [
        CaseClass.id, CaseClass.scheme_id, CatalogueScheme.name.label("scheme"), CaseClass.kind, CaseClass.code,
        CaseClass.name_zh, CaseClass.name_en, Major.name_zh.label("major_zh"), Major.name_en.label("major_en"),
    ]  # fmt: skip
    chosen = (
        select(*columns)
        .join(CatalogueScheme, CatalogueScheme.id == CaseClass.scheme_id)
        .outerjoin(Major, Major.id == CaseClass.parent_id)
    )
    if in_use:
        chosen = chosen.where(CaseClass.is_active, CatalogueScheme.is_active)
        below = below.where(child.is_active)
    return chosen.where(~below.exists()).subquery("minor_class")


def number_of(db: Session, case_id: int) -> str:
    """The number of a case."""
    return db.scalars(select(Case.number).where(Case.id == case_id)).one()


def is_over(case_id: Any) -> ColumnElement[bool]:
    """Whether the case of a column of ids is over; a merged one is when its main case is."""
    told = aliased(Case, name="told")
    main = case((told.status == CaseStatus.MERGED, func.main_case(told.id)), else_=told.id)
    by = aliased(Case, name="told_by_main")
    found = select(by.id).join(told, by.id == main).where(told.id == case_id, by.status.not_in(OPEN_STATUSES))
    return found.exists()


def over_since(before: datetime) -> Select[Any]:
    """Ids of the cases that were over before a moment; a merged one is when its main case is."""
    last = select(func.max(CaseMove.at)).where(CaseMove.case_id == Main.id).correlate(Main).scalar_subquery()
    told = select(Case.id).join(Main, Main.id == main_id()).where(~is_open())
    return told.where(Main.status.not_in(OPEN_STATUSES), func.coalesce(Main.closed_at, last) < before)
