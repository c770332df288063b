"""A file of departments, teams or posts taken whole, or not at all."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy.orm import Session

from app.errors import words_of
from app.organisation import files, register
from app.organisation.errors import BadFile
from app.organisation.service import RIGHT
from gis.errors import CityError
from grid.reach import Viewer


def take(db: Session, viewer: Viewer, kind: str, data: bytes, file_name: str) -> dict[str, int]:
    """Add and change as the file says; counts of ``added``, ``changed``, ``same``. BadFile names the first wrong line.

    Whom a line names may stand further down: lines that fail for that are tried again after the others.
    """
    viewer.require(RIGHT)
    waiting = files.read(kind, data, file_name)
    counts: Counter[str] = Counter()
    while waiting:
        left: list[tuple[int, dict[str, Any]]] = []
        failed: tuple[int, CityError] | None = None
        for line, facts in waiting:
            try:
                with db.begin_nested():
                    counts[register.put(db, viewer, kind, facts)] += 1
            except CityError as error:
                failed = failed or (line, error)
                left.append((line, facts))
        if failed is not None and len(left) == len(waiting):
            line, why = failed
            raise BadFile("Line {line}: {reason}", field="file", line=line, reason=words_of(why)) from why
        waiting = left
    return {name: counts[name] for name in ("added", "changed", "same")}
