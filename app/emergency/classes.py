"""The classes of emergencies: loaded from `data/emergency/classes.csv`, shown as a tree."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.emergency.models import EmergencyClass
from gis.errors import InvalidInput, NotFound
from layers.layer import Words

CLASSES_FILE = Path(__file__).resolve().parents[2] / "data" / "emergency" / "classes.csv"

SCHEMES: dict[str, Words] = {
    "NEWS": _l("Event types of the national early-warning system"),
    "GB/T 35561-2017": _l("Classes of emergencies (GB/T 35561-2017)"),
}


def load_classes(db: Session, file: Path = CLASSES_FILE) -> int:
    """Add or renew the classes of a CSV (scheme, code, parent_code, level, names); returns how many it holds.

    Every column is read as text: a code such as ``11E05`` is no number. A second run changes nothing.
    """
    with file.open(encoding="utf-8", newline="") as opened:
        rows = [
            {
                "scheme": row["scheme"],
                "code": row["code"],
                "parent_code": row["parent_code"] or None,
                "level": int(row["level"]),
                "name_zh": row["name_zh"],
                "name_en": row["name_en"],
            }
            for row in csv.DictReader(opened)
        ]
    adding = insert(EmergencyClass)
    renewed = {name: adding.excluded[name] for name in ("parent_code", "level", "name_zh", "name_en")}
    db.execute(adding.on_conflict_do_update(constraint="uq_emergency_classes_scheme_code", set_=renewed), rows)
    return len(rows)


def get_class(db: Session, class_id: int) -> EmergencyClass:
    """A class by id; InvalidInput when there is none."""
    found = db.get(EmergencyClass, class_id)
    if found is None:
        raise InvalidInput("There is no emergency class {id}.", id=class_id, field="class_id")
    return found


def find_class(db: Session, scheme: str, code: str) -> EmergencyClass:
    """A class by scheme and code; NotFound when there is none."""
    found = db.scalar(select(EmergencyClass).where(EmergencyClass.scheme == scheme, EmergencyClass.code == code))
    if found is None:
        raise NotFound("There is no emergency class {code} in {scheme}.", code=code, scheme=scheme)
    return found


def class_tree(db: Session, q: str = "") -> dict[str, Any]:
    """The classes as trees by scheme; with `q` only those whose code or name holds it, with what stands above them."""
    rows = db.scalars(select(EmergencyClass).order_by(EmergencyClass.scheme.desc(), EmergencyClass.code)).all()
    kept = _matching(list(rows), q.strip().casefold())
    nodes: dict[tuple[str, str], dict[str, Any]] = {}
    roots: list[dict[str, Any]] = []
    for row in sorted(kept, key=lambda one: one.level):
        node = _node(row)
        nodes[row.scheme, row.code] = node
        above = nodes.get((row.scheme, row.parent_code or ""))
        (above["children"] if above else roots).append(node)
    return {"schemes": [_scheme(name) for name in _schemes(kept)], "items": roots}


def scheme_title(name: str) -> str:
    """A scheme in the reader's words."""
    return str(SCHEMES.get(name, name))


def _scheme(name: str) -> dict[str, str]:
    return {"id": name, "name": name, "version": "", "title": scheme_title(name)}


def _schemes(rows: list[EmergencyClass]) -> list[str]:
    return list(dict.fromkeys(row.scheme for row in rows))


def _node(row: EmergencyClass) -> dict[str, Any]:
    return {
        "id": row.id,
        "scheme": row.scheme,
        "kind": "emergency",
        "code": row.code,
        "level": row.level,
        "name_zh": row.name_zh,
        "name_en": row.name_en,
        "children": [],
    }


def _matching(rows: list[EmergencyClass], q: str) -> list[EmergencyClass]:
    """Rows that hold `q`, what stands above them and what stands below a class that holds it."""
    if not q:
        return rows
    by_code = {(row.scheme, row.code): row for row in rows}
    lines = {row.id: _line(row, by_code) for row in rows}
    hits = {row.id for row in rows if q in f"{row.code} {row.name_zh} {row.name_en}".casefold()}
    above = {one.id for row in rows if row.id in hits for one in lines[row.id]}
    return [row for row in rows if row.id in above or any(one.id in hits for one in lines[row.id])]


def _line(row: EmergencyClass, by_code: dict[tuple[str, str], EmergencyClass]) -> list[EmergencyClass]:
    """The class itself and all above it."""
    line = [row]
    while (parent := by_code.get((row.scheme, row.parent_code or ""))) is not None and parent not in line:
        line.append(parent)
        row = parent
    return line
