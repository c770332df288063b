"""Classes and filing conditions of a scheme as files: written, and read whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases import cataloguing, conditions
from app.cases.cataloguing import RIGHT, get_scheme, keep
from app.cases.models import CaseClass
from app.cases.tables import clean, each, flag, read_table, write_table
from gis.errors import InvalidInput
from grid.reach import Viewer

CLASS_HEAD = ("kind", "code", "parent", "name_zh", "name_en", "department", "is_active", "is_local")
PROFILES = {"limit": "", "limit_A": "A", "limit_B": "B", "limit_C": "C"}  # column → area profile
CONDITION_HEAD = (
    "kind", "class", "condition", "text_zh", "text_en", *PROFILES, "closing_zh", "closing_en", "department",
    "needs_photo", "needs_check", "photo_within_m",
)  # fmt: skip
CONDITION_NEEDED = ("kind", "class", "condition", "text_zh", "text_en")


@dataclass
class Came:
    """What came of a file, or would have: how many lines were added, changed, or said what stands there already."""

    added: int = 0
    changed: int = 0
    same: int = 0
    is_trial: bool = False


def write(db: Session, scheme_id: int, what: str, kind: str) -> bytes:
    """The classes or conditions of a scheme as a file that `put` reads."""
    get_scheme(db, scheme_id)
    if what == "classes":
        return write_table(kind, CLASS_HEAD, _class_rows(db, scheme_id))
    return write_table(kind, CONDITION_HEAD, _condition_rows(db, scheme_id))


def _classes(db: Session, scheme_id: int) -> list[CaseClass]:
    found = select(CaseClass).where(CaseClass.scheme_id == scheme_id)
    return list(db.scalars(found.order_by(CaseClass.kind.desc(), CaseClass.code)))


def _class_rows(db: Session, scheme_id: int) -> Iterator[dict[str, Any]]:
    classes = _classes(db, scheme_id)
    codes = {one.id: one.code for one in classes}
    for one in sorted(classes, key=lambda it: it.parent_id is not None):
        yield {
            "kind": one.kind.value, "code": one.code, "parent": codes.get(one.parent_id or 0), "name_zh": one.name_zh,
            "name_en": one.name_en, "department": one.department, "is_active": one.is_active, "is_local": one.is_local,
        }  # fmt: skip


def _condition_rows(db: Session, scheme_id: int) -> Iterator[dict[str, Any]]:
    for one in _classes(db, scheme_id):
        for held in conditions.in_force(db, one.id):
            limits = {column: held.limits.get(profile) for column, profile in PROFILES.items()}
            yield {name: getattr(held, name, None) for name in CONDITION_HEAD} | limits | {
                "kind": one.kind.value, "class": one.code, "condition": held.code,
            }  # fmt: skip


def put(db: Session, viewer: Viewer, scheme_id: int, what: str, data: bytes, file_name: str, note: str = "", *,
        is_trial: bool = False) -> Came:  # fmt: skip
    """Take in a file of classes or conditions, whole or not at all; a trial changes nothing and says the same.

    Lines that the file lacks stay as they are. Raises Forbidden, NotFound, BadTable with every line that is wrong.
    """
    viewer.require(RIGHT)
    scheme = get_scheme(db, scheme_id)
    came = Came(is_trial=is_trial)
    is_classes = what == "classes"
    head = CLASS_HEAD if is_classes else CONDITION_HEAD
    needed = CLASS_HEAD[:5] if is_classes else CONDITION_NEEDED
    optional = tuple(name for name in head if name not in needed)
    lower = {name.lower(): name for name in head}
    rows = [
        (line, {lower[name]: cell for name, cell in row.items() if name})
        for line, row in read_table(data, file_name, needed, tuple(one.lower() for one in optional))
    ]
    seen: set[tuple[str, ...]] = set()

    def take(row: dict[str, str]) -> None:
        key = tuple(row[name] for name in (("kind", "code") if is_classes else CONDITION_NEEDED[:3]))
        if key in seen:
            raise InvalidInput("{key} stands there twice.", field="code", key=" ".join(key)[:80])
        seen.add(key)
        done = (_class if is_classes else _condition)(db, viewer, scheme_id, row, note or file_name)
        setattr(came, done, getattr(came, done) + 1)

    with db.begin_nested() as trial:
        each(rows, take)
        if came.added or came.changed:
            told = {"added": came.added, "changed": came.changed, "what": what}
            keep(db, viewer, "import", note or file_name, scheme_id=scheme.id, after=told)
        if is_trial:
            trial.rollback()
    return came


def _class(db: Session, viewer: Viewer, scheme_id: int, row: dict[str, str], note: str) -> str:
    given: dict[str, Any] = {name: row[name] for name in ("parent", "name_zh", "name_en")}
    if "department" in row:
        given["department"] = row["department"]
    if "is_active" in row:
        given["is_active"] = flag(row["is_active"], "is_active", default=True)
    is_local = flag(row.get("is_local", ""), "is_local", default=True)
    return cataloguing.set_class(db, viewer, scheme_id, row["kind"], row["code"], given, note, is_local=is_local)[1]


def _condition(db: Session, viewer: Viewer, scheme_id: int, row: dict[str, str], note: str) -> str:
    found = db.scalar(
        select(CaseClass).where(
            CaseClass.scheme_id == scheme_id, CaseClass.kind == row["kind"], CaseClass.code == row["class"]
        )
    ) if row["kind"] in ("component", "event") else None  # fmt: skip
    if found is None:
        raise InvalidInput("The catalogue has no class {kind} {code}.", field="class", kind=row["kind"][:20],
                           code=row["class"][:40])  # fmt: skip
    is_new = not any(one.code == row["condition"] for one in conditions.in_force(db, found.id))
    given: dict[str, Any] = {name: row.get(name, "") for name in cataloguing.FACTS if name != "limits"} | {
        "limits": {profile: row.get(column, "") for column, profile in PROFILES.items()},
        "needs_photo": flag(row.get("needs_photo", ""), "needs_photo"),
        "needs_check": flag(row.get("needs_check", ""), "needs_check"),
        "photo_within_m": number(row.get("photo_within_m", ""), "photo_within_m"),
    }
    changed = cataloguing.set_condition(db, viewer, found.id, clean(row["condition"], "condition"), given, note)
    return "same" if not changed else "added" if is_new else "changed"


def number(text: str, field: str) -> float | None:
    """A number of a file or a form; None where nothing stands; InvalidInput."""
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError as error:
        raise InvalidInput("{text} is no number.", field=field, text=text[:20]) from error
