"""The catalogue of classes (部件和事件): schemes are data, loaded from `data/catalogues/` or added by a city profile.

Sources: CJ/T 214-2007 and GB/T 30428.2-2013. The same number means different things in different schemes, so a class
is named by scheme, kind and code, never by code alone.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.cases import conditions
from app.cases.models import CaseClass, CatalogueScheme, ClassKind
from app.settings import PROJECT
from gis.errors import InvalidInput, NotFound
from gis.lazy import library

pypinyin = library("pypinyin")

CATALOGUES = PROJECT / "data" / "catalogues"


class NoSuchClass(NotFound):
    """The catalogue has no such class."""

    code = "cases.no_such_class"


def load_catalogues(db: Session, *, active: Collection[str] | None = None, folder: Path = CATALOGUES) -> int:
    """Load the catalogues that come with the platform; running it again changes only what the files changed.

    Parameters
    ----------
    active : collection of str, optional
        Names of the schemes that new records choose from; the others stay readable. None: as ``schemes.csv`` says.

    Returns
    -------
    int
        How many classes the files hold.
    """
    count = 0
    for row in _rows(folder / "schemes.csv"):
        is_active = row["is_active"] == "true" if active is None else row["name"] in active
        scheme = add_scheme(
            db, row["name"], row["version"], row["title_zh"], row["title_en"],
            is_active=is_active, is_provisional=row["is_provisional"] == "true",
        )  # fmt: skip
        count += _load_classes(db, scheme, list(_rows(folder / row["file"])))
    return count


def add_scheme(
    db: Session,
    name: str,
    version: str,
    title_zh: str,
    title_en: str,
    *,
    is_active: bool = True,
    is_provisional: bool = False,
) -> CatalogueScheme:
    """A version of a scheme, made or brought up to date; other versions of it are no longer in use where it is."""
    facts = {
        "title_zh": title_zh, "title_en": title_en,
        "is_active": is_active, "is_provisional": is_provisional,
    }  # fmt: skip
    found = db.scalar(select(CatalogueScheme).where(CatalogueScheme.name == name, CatalogueScheme.version == version))
    if is_active:
        others = update(CatalogueScheme).where(CatalogueScheme.name == name, CatalogueScheme.version != version)
        db.execute(others.values(is_active=False))
    if found is None:
        found = CatalogueScheme(name=name, version=version, **facts)
        db.add(found)
    for column, value in facts.items():
        setattr(found, column, value)
    db.flush()
    return found


def add_class(
    db: Session,
    scheme: CatalogueScheme,
    kind: ClassKind,
    code: str,
    name_zh: str,
    name_en: str,
    *,
    parent: CaseClass | None = None,
    department: str | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> CaseClass:
    """A class of a scheme by its code, made or brought up to date.

    A class with a parent is found by its parent's names too.
    """
    if parent is not None and (parent.scheme_id, parent.kind) != (scheme.id, kind):
        raise InvalidInput("A class and the class above it are of one scheme and one kind.", field="parent")
    words = search_text(code, name_zh, name_en)
    facts = {
        "parent_id": parent.id if parent else None, "name_zh": name_zh, "name_en": name_en, "department": department,
        "search": f"{words} {parent.search}" if parent else words, "attributes": dict(attributes or {}),
    }  # fmt: skip
    row = insert(CaseClass).values(scheme_id=scheme.id, kind=kind, code=code, is_active=True, **facts)
    row = row.on_conflict_do_update(index_elements=["scheme_id", "kind", "code"], set_=facts)
    return db.scalars(row.returning(CaseClass), execution_options={"populate_existing": True}).one()


def search_text(code: str, name_zh: str, name_en: str) -> str:
    """What a class is looked for by, lower case: code, both names, whole pinyin and its initials."""
    pinyin = "".join(pypinyin.lazy_pinyin(name_zh))
    initials = "".join(pypinyin.lazy_pinyin(name_zh, style=pypinyin.Style.FIRST_LETTER))
    return " ".join(dict.fromkeys(word.lower() for word in (code, name_zh, name_en, pinyin, initials) if word))


def find_class(db: Session, scheme: str, kind: ClassKind | str, code: str) -> CaseClass:
    """The class with a code in a scheme, of the version in use; NoSuchClass when there is none."""
    found = db.scalar(
        select(CaseClass)
        .join(CatalogueScheme, CatalogueScheme.id == CaseClass.scheme_id)
        .where(CatalogueScheme.name == scheme, CaseClass.kind == ClassKind(kind), CaseClass.code == code)
        .order_by(CatalogueScheme.is_active.desc(), CatalogueScheme.id.desc())
        .limit(1)
    )
    if found is None:
        raise NoSuchClass("The catalogue {scheme} has no class {code}.", scheme=scheme, code=code)
    return found


def get_class(db: Session, class_id: int) -> CaseClass:
    """A class by id; NoSuchClass when there is none."""
    found = db.get(CaseClass, class_id)
    if found is None:
        raise NoSuchClass("The catalogue has no class {id}.", id=class_id, field="class_id")
    return found


def usable_class(db: Session, class_id: int, *, kind: ClassKind | str | None = None) -> CaseClass:
    """A class that a new record may take: known, active, of the asked kind, and the finest of its branch."""
    try:
        found = get_class(db, class_id)
    except NoSuchClass as error:
        raise InvalidInput("Choose a class from the catalogue.", field="class_id") from error
    if not found.is_active or (kind is not None and found.kind != ClassKind(kind)):
        raise InvalidInput("Choose a class from the catalogue.", field="class_id")
    if db.scalar(select(CaseClass.id).where(CaseClass.parent_id == found.id, CaseClass.is_active).limit(1)):
        raise InvalidInput(
            "{name} is a major class: choose one of its minor classes.", field="class_id", name=found.code
        )
    return found


def set_active(db: Session, names: Collection[str]) -> None:
    """Let new records choose from the named schemes and from no others."""
    newest = select(func.max(CatalogueScheme.id)).where(CatalogueScheme.name.in_(names)).group_by(CatalogueScheme.name)
    db.execute(update(CatalogueScheme).values(is_active=CatalogueScheme.id.in_(newest)))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a CSV as text: a leading zero is part of a code."""
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _load_classes(db: Session, scheme: CatalogueScheme, rows: list[dict[str, str]]) -> int:
    parents: dict[tuple[str, str], CaseClass] = {}
    for row in sorted(rows, key=lambda one: one["parent"] != ""):
        made = add_class(
            db, scheme, ClassKind(row["kind"]), row["code"], row["name_zh"], row["name_en"],
            parent=parents[row["kind"], row["parent"]] if row["parent"] else None, attributes=_attributes(row),
        )  # fmt: skip
        parents[row["kind"], row["code"]] = made
        conditions.put_examples(db, made.id, made.attributes.get("example_limits", ()))
    return len(rows)


def _attributes(row: Mapping[str, str]) -> dict[str, Any]:
    """What a file says beyond names: limits are one city's example, unverified numbers are marked."""
    found: dict[str, Any] = {}
    if row["example_limits"]:
        found["example_limits"] = [limit.strip() for limit in row["example_limits"].split(";")]
    if row["certainty"] != "confirmed":
        found["certainty"] = row["certainty"]
    return found
