"""Changing catalogues: schemes and their versions, classes and local extensions, filing conditions. Changes are kept.

A case keeps the condition that it was filed under: a changed one is a new row that holds from a moment on.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases import catalogue, conditions
from app.cases.catalogue import get_class
from app.cases.catalogue_models import CatalogueChange
from app.cases.models import CaseClass, CatalogueScheme, ClassKind, FilingCondition
from app.cases.tables import clean
from app.workflow import timing
from gis.errors import Conflict, InvalidInput, NotFound
from grid.reach import Viewer

RIGHT = "catalogue.edit"
CODE = re.compile(r"[0-9A-Za-z._-]{1,40}")
WITHIN_MAX_M = 1000.0
FACTS = (
    "text_zh", "text_en", "limits", "closing_zh", "closing_en", "department", "needs_photo", "needs_check",
    "photo_within_m",
)  # fmt: skip


class SchemeThere(Conflict):
    """There is this version of the scheme already."""

    code = "cases.scheme_there"


def get_scheme(db: Session, scheme_id: int) -> CatalogueScheme:
    """A scheme by id; NotFound."""
    found = db.get(CatalogueScheme, scheme_id)
    if found is None:
        raise NotFound("There is no such catalogue.")
    return found


def keep(db: Session, viewer: Viewer, what: str, note: str, *, scheme_id: int | None = None,
         class_id: int | None = None, before: Mapping[str, Any] | None = None,
         after: Mapping[str, Any] | None = None) -> None:  # fmt: skip
    """Write down who changed what, and why."""
    db.add(CatalogueChange(
        scheme_id=scheme_id, class_id=class_id, what=what, note=note.strip()[:500], before=dict(before or {}),
        after=dict(after or {}), account_id=viewer.account_id, actor=viewer.name,
    ))  # fmt: skip
    db.flush()


def history(db: Session, *, scheme_id: int | None = None, class_id: int | None = None,
            limit: int = 30) -> list[CatalogueChange]:  # fmt: skip
    """The newest changes of a scheme and all in it, or of one class."""
    found = select(CatalogueChange).order_by(CatalogueChange.id.desc()).limit(limit)
    if class_id is not None:
        return list(db.scalars(found.where(CatalogueChange.class_id == class_id)))
    return list(db.scalars(found.where(CatalogueChange.scheme_id == scheme_id)))


# Schemes


def new_version(db: Session, viewer: Viewer, name: str, version: str, titles: tuple[str, str], note: str = "", *,
                copy_of: int | None = None) -> CatalogueScheme:  # fmt: skip
    """A new scheme, or a new version of one, with the classes and conditions of another if it begins as its copy.

    It is not in use until it is activated. Raises Forbidden, SchemeThere, InvalidInput.
    """
    viewer.require(RIGHT)
    name, version = clean(name, "name"), clean(version, "version")
    title_zh, title_en = (clean(one, "title") for one in titles)
    if not (name and version and title_zh and title_en):
        raise InvalidInput("Give name, version and title in both languages.", field="name")
    there = select(CatalogueScheme.id).where(CatalogueScheme.name == name, CatalogueScheme.version == version)
    if db.scalar(there) is not None:
        raise SchemeThere("There is {name} in version {version} already.", field="version", name=name, version=version)
    made = CatalogueScheme(name=name, version=version, title_zh=title_zh, title_en=title_en, is_active=False)
    db.add(made)
    db.flush()
    if copy_of is not None:
        _copy(db, get_scheme(db, copy_of), made)
    keep(db, viewer, "scheme", note, scheme_id=made.id, after={"name": name, "version": version, "copy_of": copy_of})
    return made


def _copy(db: Session, old: CatalogueScheme, new: CatalogueScheme) -> None:
    made: dict[int, int] = {}
    classes = db.scalars(select(CaseClass).where(CaseClass.scheme_id == old.id).order_by(CaseClass.id)).all()
    for one in sorted(classes, key=lambda it: it.parent_id is not None):
        own = CaseClass(
            scheme_id=new.id, kind=one.kind, code=one.code, parent_id=made.get(one.parent_id or 0), search=one.search,
            name_zh=one.name_zh, name_en=one.name_en, department=one.department, attributes=one.attributes,
            is_active=one.is_active, is_local=one.is_local,
        )  # fmt: skip
        db.add(own)
        db.flush()
        made[one.id] = own.id
        for held in conditions.in_force(db, one.id):
            conditions.put(db, own.id, held.code, {name: getattr(held, name) for name in FACTS})


def activate(db: Session, viewer: Viewer, scheme_id: int, is_active: bool, note: str = "") -> None:
    """Let new records choose from a scheme, or no longer; other versions of it are out of use then."""
    viewer.require(RIGHT)
    scheme = get_scheme(db, scheme_id)
    before = scheme.is_active
    if is_active:
        same = select(CatalogueScheme).where(CatalogueScheme.name == scheme.name, CatalogueScheme.is_active)
        for other in db.scalars(same.where(CatalogueScheme.id != scheme.id)):
            other.is_active = False
            keep(db, viewer, "scheme", note, scheme_id=other.id, before={"is_active": True}, after={"is_active": False})
    scheme.is_active = is_active
    keep(db, viewer, "scheme", note, scheme_id=scheme.id, before={"is_active": before}, after={"is_active": is_active})


# Classes


def set_class(db: Session, viewer: Viewer, scheme_id: int, kind: str, code: str, given: Mapping[str, Any],
              note: str = "", *, is_local: bool = True) -> tuple[CaseClass, str]:  # fmt: skip
    """A class made or changed; gives it and ``added``, ``changed`` or ``same``.

    `given` holds name_zh, name_en, parent (a code, "" for a major class), department, is_active; what it lacks stays.
    A class that is added to a scheme is marked as the city's own unless told otherwise.
    Raises Forbidden, NotFound, InvalidInput.
    """
    viewer.require(RIGHT)
    scheme = get_scheme(db, scheme_id)
    if kind not in {one.value for one in ClassKind}:
        raise InvalidInput("A kind is component or event.", field="kind")
    if not CODE.fullmatch(code):
        raise InvalidInput("A code is made of letters, digits, dots and dashes.", field="code")
    found = _class(db, scheme, kind, code)
    before = _facts(db, found) if found else {}
    wanted = before | {name: clean(value, name) if isinstance(value, str) else value for name, value in given.items()}
    if not (wanted.get("name_zh") and wanted.get("name_en")):
        raise InvalidInput("Give the name in both languages.", field="name_zh")
    parent = _class(db, scheme, kind, wanted["parent"]) if wanted.get("parent") else None
    if wanted.get("parent") and (parent is None or parent.parent_id is not None or parent is found):
        raise InvalidInput("There is no major class {code} of this kind.", field="parent", code=wanted["parent"])
    if found is not None and (before["parent"] or "") != (wanted.get("parent") or ""):
        raise InvalidInput("A class stays under its major class: add a new one instead.", field="parent")
    if found is not None and before == wanted:
        return found, "same"
    made = catalogue.add_class(
        db, scheme, ClassKind(kind), code, wanted["name_zh"], wanted["name_en"], parent=parent,
        department=wanted.get("department") or None, attributes=found.attributes if found else None,
    )  # fmt: skip
    made.is_active = bool(wanted.get("is_active", True))
    if found is None:
        made.is_local = is_local
    db.flush()
    keep(db, viewer, "class", note, scheme_id=scheme.id, class_id=made.id, before=before, after=_facts(db, made))
    return made, "changed" if found else "added"


def _class(db: Session, scheme: CatalogueScheme, kind: str, code: str) -> CaseClass | None:
    return db.scalar(
        select(CaseClass).where(
            CaseClass.scheme_id == scheme.id, CaseClass.kind == ClassKind(kind), CaseClass.code == code
        )
    )


def _facts(db: Session, one: CaseClass) -> dict[str, Any]:
    parent = get_class(db, one.parent_id).code if one.parent_id else ""
    return {"name_zh": one.name_zh, "name_en": one.name_en, "parent": parent, "department": one.department or "",
            "is_active": one.is_active}  # fmt: skip


# Conditions


def set_condition(db: Session, viewer: Viewer, class_id: int, code: str, given: Mapping[str, Any], note: str = "", *,
                  from_at: datetime | None = None) -> bool:  # fmt: skip
    """Let a condition hold, from now or from a later moment on; False where nothing changes.

    Raises Forbidden, NoSuchClass, InvalidInput, app.clocks.limits.BadLimit.
    """
    viewer.require(RIGHT)
    one = get_class(db, class_id)
    if not CODE.fullmatch(code):
        raise InvalidInput("A code is made of letters, digits, dots and dashes.", field="code")
    facts = _condition(given)
    if from_at is not None and from_at <= timing.now(db):
        from_at = None
    held = next((it for it in conditions.in_force(db, class_id) if it.code == code), None)
    before = {name: getattr(held, name) for name in FACTS} if held else {}
    if not conditions.put(db, class_id, code, facts | {"source": "city"}, from_at=from_at, but="source"):
        return False
    told = {"code": code} | facts | ({"from": from_at.isoformat()} if from_at else {})
    keep(db, viewer, "condition", note, scheme_id=one.scheme_id, class_id=class_id, before=before, after=told)
    return True


def _condition(given: Mapping[str, Any]) -> dict[str, Any]:
    texts = {
        name: clean(str(given.get(name) or ""), name) for name in ("text_zh", "text_en", "closing_zh", "closing_en")
    }
    if not (texts["text_zh"] and texts["text_en"]):
        raise InvalidInput("Say in both languages when the case is filed under it.", field="text_zh")
    limits = {
        str(name): str(limit).strip() for name, limit in (given.get("limits") or {}).items() if str(limit).strip()
    }
    within = given.get("photo_within_m")
    if within is not None and not (math.isfinite(within) and 0 < within <= WITHIN_MAX_M):
        raise InvalidInput("The distance lies above 0 and at most at {most} m.", field="photo_within_m",
                           most=WITHIN_MAX_M)  # fmt: skip
    return texts | {
        "limits": {name: conditions.limit_text(limit) for name, limit in limits.items()},
        "department": clean(str(given.get("department") or ""), "department") or None,
        "needs_photo": bool(given.get("needs_photo")), "needs_check": bool(given.get("needs_check")),
        "photo_within_m": within,
    }  # fmt: skip


def end_condition(db: Session, viewer: Viewer, class_id: int, code: str, note: str = "") -> None:
    """No new case is filed under a condition any more; NotFound."""
    viewer.require(RIGHT)
    one = get_class(db, class_id)
    held = next((it for it in conditions.in_force(db, class_id) if it.code == code), None)
    if held is None:
        raise NotFound("The class has no condition {code} in force.", code=code)
    conditions.end(db, held)
    keep(db, viewer, "condition", note, scheme_id=one.scheme_id, class_id=class_id,
         before={"code": code, "text_zh": held.text_zh, "text_en": held.text_en})  # fmt: skip


def all_conditions(db: Session, class_id: int) -> list[FilingCondition]:
    """Every version of a class's conditions, the newest of each code first."""
    found = select(FilingCondition).where(FilingCondition.class_id == class_id)
    return list(db.scalars(found.order_by(FilingCondition.code, FilingCondition.valid_from_at.desc())))
