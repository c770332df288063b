"""The catalogue as people choose from it: majors with their minor classes, found by name, pinyin or code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session, aliased

from app.cases.models import CaseClass, CatalogueScheme, ClassKind

Major = aliased(CaseClass, name="major")


def tree(db: Session, *, kind: ClassKind | None = None, q: str = "", in_use: bool = True) -> dict[str, Any]:
    """Schemes, and majors with the minor classes that hold every word of `q`; best first when something is asked.

    A word is matched inside code, names, pinyin and initials of the class or of its major; `in_use` leaves out
    schemes and classes that new records don't choose from.
    """
    words = q.lower().split()
    found = db.execute(_matching(kind, words, in_use)).all()
    if words:
        found = sorted(found, key=lambda row: _rank(row.CaseClass, words))
    schemes = select(CatalogueScheme).order_by(CatalogueScheme.id)
    if in_use:
        schemes = schemes.where(CatalogueScheme.is_active)
    return {"schemes": [_scheme(one) for one in db.scalars(schemes)], "items": _group(found)}


def search_words(db: Session) -> dict[int, str]:
    """What each class in use is found by: code, names, pinyin and initials."""
    found = db.execute(_matching(None, [], in_use=True)).all()
    return {row.CaseClass.id: row.CaseClass.search for row in found}


def _matching(kind: ClassKind | None, words: list[str], in_use: bool) -> Select[Any]:
    """Each class with its major (None for a major itself) and its scheme."""
    columns: list[Any] = [CaseClass, Major, CatalogueScheme.name.label("scheme")]
    chosen = (
        select(*columns)
        .join(CatalogueScheme, CatalogueScheme.id == CaseClass.scheme_id)
        .outerjoin(Major, Major.id == CaseClass.parent_id)
        .order_by(CaseClass.scheme_id, CaseClass.kind, CaseClass.code)
    )
    for word in words:
        chosen = chosen.where(CaseClass.search.contains(word, autoescape=True))
    if kind is not None:
        chosen = chosen.where(CaseClass.kind == kind)
    if in_use:
        chosen = chosen.where(CatalogueScheme.is_active, CaseClass.is_active)
    return chosen


def _rank(one: CaseClass, words: list[str]) -> tuple[int, int, str]:
    """Smaller is better: a name or code that begins with the first word, then one that holds it, then the rest."""
    own = one.search.split()
    first = words[0]
    starts = any(part.startswith(first) for part in (one.code, one.name_zh, one.name_en.lower()))
    inside = first in one.name_zh or first in one.name_en.lower() or first in own
    return (0 if starts else 1 if inside else 2, len(one.name_zh), one.code)


def _group(rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    majors: dict[int, dict[str, Any]] = {}
    for row in rows:
        own, major = row.CaseClass, row.major or row.CaseClass
        item = majors.setdefault(major.id, _major(major, row.scheme))
        if own.id != major.id:
            item["children"].append(_minor(own))
    return list(majors.values())


def _scheme(one: CatalogueScheme) -> dict[str, Any]:
    return {
        "id": one.id, "name": one.name, "version": one.version, "title_zh": one.title_zh, "title_en": one.title_en,
        "is_provisional": one.is_provisional,
    }  # fmt: skip


def _major(one: CaseClass, scheme: str) -> dict[str, Any]:
    return {
        "id": one.id, "scheme": scheme, "kind": one.kind.value, "code": one.code,
        "name_zh": one.name_zh, "name_en": one.name_en, "department": one.department, "children": [],
    }  # fmt: skip


def _minor(one: CaseClass) -> dict[str, Any]:
    return {
        "id": one.id, "code": one.code, "name_zh": one.name_zh, "name_en": one.name_en,
        "department": one.department, "certainty": one.attributes.get("certainty", "confirmed"),
    }  # fmt: skip
