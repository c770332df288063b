"""The catalogue's classes as other registers join them: facts of a class together with those of its major."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Subquery, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.cases.models import CaseClass, CatalogueScheme, ClassKind

Major = aliased(CaseClass, name="major_class")


def class_facts() -> Subquery:
    """One row a class: its own facts, and ``major_id, major_code, major_zh, major_en``.

    For a major class the columns of its major are its own. The database folds it into the query that joins it.
    """
    columns: list[Any] = [
        CaseClass.id, CatalogueScheme.name.label("scheme"), CaseClass.kind, CaseClass.code,
        CaseClass.name_zh, CaseClass.name_en, CaseClass.search,
        func.coalesce(Major.id, CaseClass.id).label("major_id"),
        func.coalesce(Major.code, CaseClass.code).label("major_code"),
        func.coalesce(Major.name_zh, CaseClass.name_zh).label("major_zh"),
        func.coalesce(Major.name_en, CaseClass.name_en).label("major_en"),
    ]  # fmt: skip
    return (
        select(*columns)
        .join(CatalogueScheme, CatalogueScheme.id == CaseClass.scheme_id)
        .outerjoin(Major, Major.id == CaseClass.parent_id)
        .subquery("class_of")
    )


def with_minors(class_ids: Sequence[int]) -> Select[Any]:
    """Ids of the classes and of those right below them."""
    return select(CaseClass.id).where(or_(CaseClass.id.in_(class_ids), CaseClass.parent_id.in_(class_ids)))


def majors(db: Session, kind: ClassKind | str | None = None) -> dict[int, tuple[str, str]]:
    """Chinese and English name of each major class in use, by id, in the order of scheme and code."""
    chosen = (
        select(CaseClass.id, CaseClass.name_zh, CaseClass.name_en)
        .join(CatalogueScheme, CatalogueScheme.id == CaseClass.scheme_id)
        .where(CaseClass.parent_id.is_(None), CaseClass.is_active, CatalogueScheme.is_active)
        .order_by(CaseClass.kind.desc(), CaseClass.scheme_id, CaseClass.code)
    )
    if kind is not None:
        chosen = chosen.where(CaseClass.kind == ClassKind(kind))
    return {row.id: (row.name_zh, row.name_en) for row in db.execute(chosen)}


@dataclass(frozen=True)
class ClassLine:
    """A class with the key that names it everywhere (``scheme kind code``), its own department or that of its major."""

    id: int
    key: str
    code: str
    parent_id: int | None
    name_zh: str
    name_en: str
    department: str | None
    is_usable: bool
    is_finest: bool


def all_classes(db: Session) -> list[ClassLine]:
    """Every class of every scheme, majors before their minors; usable ones are active in an active scheme."""
    columns = (
        CaseClass.id, CatalogueScheme.name, CaseClass.kind, CaseClass.code, CaseClass.parent_id, CaseClass.name_zh,
        CaseClass.name_en, func.coalesce(CaseClass.department, Major.department),
        CaseClass.is_active & CatalogueScheme.is_active,
    )  # fmt: skip
    chosen = select(*columns).join(CatalogueScheme, CatalogueScheme.id == CaseClass.scheme_id)
    rows = db.execute(
        chosen.outerjoin(Major, Major.id == CaseClass.parent_id).order_by(
            CaseClass.scheme_id, CaseClass.kind.desc(), CaseClass.code
        )
    ).all()
    above = {row[4] for row in rows if row[8]}
    return [
        ClassLine(row[0], f"{row[1]} {row[2].value} {row[3]}", *row[3:8], bool(row[8]), row[0] not in above)
        for row in rows
    ]
