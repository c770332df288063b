"""How classes stand as services: what they are asked, whether the public sees them, and how they answer.

Both are data: files that come with the platform (`data/open311/`), and files of the city's own in the same layout.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import TypeVar

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.cases.public import minor_classes
from app.open311.models import Datatype, Question, ServiceSetting, ServiceType
from app.settings import PROJECT
from gis.errors import InvalidInput

FOLDER = PROJECT / "data" / "open311"
Row = Mapping[str, str]
E = TypeVar("E", bound=Enum)


class BadRow(InvalidInput):
    """A row of a file of questions or services can't be taken."""

    code = "open311.bad_row"


def load_shipped(db: Session, folder: Path = FOLDER) -> int:
    """Questions and settings that come with the platform, for the classes that this city has; gives how many rows."""
    rows = load_services(db, read(folder / "services.csv"), known_only=True)
    return rows + load_questions(db, read(folder / "questions.csv"), known_only=True)


def read(file: Path) -> Iterator[Row]:
    """Rows of a CSV as text."""
    with file.open(encoding="utf-8-sig", newline="") as stream:
        yield from csv.DictReader(stream)


def load_questions(db: Session, rows: Iterable[Row], *, known_only: bool = False) -> int:
    """Questions of the classes that the rows name, in the place of those they had; gives how many.

    `known_only` passes over classes that the city does not have; otherwise BadRow names the line.
    """
    classes, made = _class_ids(db), []
    for line, row in enumerate(rows, start=2):
        class_id = _class_id(classes, row, line, known_only=known_only)
        if class_id is not None:
            made.append(_question(row, class_id, line))
    db.execute(delete(Question).where(Question.class_id.in_({one.class_id for one in made})))
    db.add_all(made)
    db.flush()
    return len(made)


def load_services(db: Session, rows: Iterable[Row], *, known_only: bool = False) -> int:
    """Settings of the classes that the rows name; gives how many."""
    classes, count = _class_ids(db), 0
    for line, row in enumerate(rows, start=2):
        class_id = _class_id(classes, row, line, known_only=known_only)
        if class_id is not None:
            put_service(
                db, class_id, kind=_one_of(ServiceType, row["type"] or "realtime", line),
                is_public=row["is_public"] != "false",
                description_zh=row["description_zh"], description_en=row["description_en"],
            )  # fmt: skip
            count += 1
    return count


def put_service(
    db: Session, class_id: int, *, kind: ServiceType, is_public: bool, description_zh: str, description_en: str
) -> None:
    """Set how a class stands as a service."""
    facts = {
        "type": kind, "is_public": is_public, "description_zh": description_zh, "description_en": description_en,
    }  # fmt: skip
    row = insert(ServiceSetting).values(class_id=class_id, **facts)
    db.execute(row.on_conflict_do_update(index_elements=["class_id"], set_=facts))


def _class_ids(db: Session) -> dict[tuple[str, str, str], int]:
    one = minor_classes(in_use=False)
    rows = db.execute(select(one.c.id, one.c.scheme, one.c.kind, one.c.code))
    return {(row.scheme, row.kind.value, row.code): row.id for row in rows}


def _class_id(classes: Mapping[tuple[str, str, str], int], row: Row, line: int, *, known_only: bool) -> int | None:
    named = (row["scheme"], row["kind"], row["class"])
    found = classes.get(named)
    if found is None and not known_only:
        raise BadRow("Line {line}: the catalogue has no class {name}.", line=line, name=" ".join(named))
    return found


def _question(row: Row, class_id: int, line: int) -> Question:
    datatype = _one_of(Datatype, row["datatype"], line)
    choices = _choices(row["choices"])
    if bool(choices) != (datatype in (Datatype.SINGLE, Datatype.MULTI)):
        raise BadRow("Line {line}: lists have choices, other questions have none.", line=line)
    if not row["code"] or not row["position"].isdecimal() or int(row["position"]) < 1:
        raise BadRow("Line {line}: a question needs a code and a position from 1.", line=line)
    return Question(
        class_id=class_id, code=row["code"], position=int(row["position"]), datatype=datatype,
        is_required=row["is_required"] == "true", is_variable=row["is_variable"] != "false",
        description_zh=row["description_zh"], description_en=row["description_en"],
        hint_zh=row["hint_zh"], hint_en=row["hint_en"], choices=choices,
    )  # fmt: skip


def _choices(text: str) -> list[dict[str, str]]:
    """``key=中文/English; key=…``."""
    made = []
    for part in filter(None, (one.strip() for one in text.split(";"))):
        key, _, names = part.partition("=")
        zh, _, en = names.partition("/")
        made.append({"key": key.strip(), "zh": zh.strip(), "en": en.strip() or zh.strip()})
    return made


def _one_of(kind: type[E], value: str, line: int) -> E:
    try:
        return kind(value)
    except ValueError as error:
        raise BadRow("Line {line}: {value} is not known here.", line=line, value=value) from error
