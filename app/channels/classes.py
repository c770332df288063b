"""The classes of a form's choice, grouped by their major."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from app.cases.public import minor_classes
from app.open311 import services
from app.web.named import named

Groups = list[dict[str, Any]]


def for_desk(db: Session) -> Groups:
    """All classes that new cases choose from."""
    one = minor_classes()
    rows = db.execute(one.select().order_by(one.c.scheme_id, one.c.kind.desc(), one.c.code)).all()
    return _grouped(
        (named(row.major_zh, row.major_en), row.id, row.code, row.name_zh, row.name_en, "") for row in rows
    )  # fmt: skip


def for_public(db: Session) -> Groups:
    """Those that the city opens to the public, with what it says of them."""
    return _grouped(
        (named(one.major_zh, one.major_en), one.class_id, "", one.name_zh, one.name_en,
         named(one.description_zh, one.description_en))
        for one in services.all_services(db)
    )  # fmt: skip


def _grouped(rows: Iterable[tuple[str, int, str, str, str, str]]) -> Groups:
    groups: dict[str, list[dict[str, Any]]] = {}
    for major, class_id, code, zh, en, note in rows:
        words = named(zh, en)
        told = {"id": class_id, "code": code, "words": words, "note": note, "find": f"{zh} {en} {code} {major}".lower()}
        groups.setdefault(major or words, []).append(told)
    return [{"name": name, "items": items} for name, items in groups.items()]
