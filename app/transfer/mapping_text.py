"""Mappings as people write them: one line each, and back.

A class line is ``scheme / kind / code = their code  both|out|in``; a field line ``our name = their name``.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.orm import Session

from app.cases import catalogue
from app.transfer.errors import MappingWrong
from app.transfer.models import Mapping
from app.transfer.protocol import CaseTold
from gis.errors import NotFound

WAYS = {"both": (True, True), "out": (True, False), "in": (False, True)}
CLASS_LINE = re.compile(
    r"(?P<scheme>.+?)\s*\|\s*(?P<kind>\w+)\s*\|\s*(?P<code>\S+)\s*=\s*(?P<theirs>\S+)\s+(?P<way>\w+)"
)
FIELD_LINE = re.compile(r"(?P<ours>\w+)\s*=\s*(?P<theirs>[\w.-]{1,60})")
LINES_MAX = 5000


def _lines(text: str) -> list[tuple[int, str]]:
    found = [(at, line.strip()) for at, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(found) > LINES_MAX:
        raise MappingWrong("Line {line} can't be read: {text}", field="classes", line=LINES_MAX + 1, text="…")
    return found


def read_classes(db: Session, text: str) -> list[dict[str, Any]]:
    """The lines of a class mapping; MappingWrong names the line. A class or code twice in one direction is refused."""
    made: list[dict[str, Any]] = []
    seen: set[tuple[str, object]] = set()
    for at, line in _lines(text):
        found = CLASS_LINE.fullmatch(line)
        if found is None or found["way"] not in WAYS:
            raise MappingWrong("Line {line} can't be read: {text}", field="classes", line=at, text=line[:80])
        try:
            chosen = catalogue.find_class(db, found["scheme"], found["kind"], found["code"])
        except (NotFound, ValueError) as error:
            raise MappingWrong("Line {line}: the catalogue has no such class.", field="classes", line=at) from error
        out, into = WAYS[found["way"]]
        marks: set[tuple[str, object]] = {("out", chosen.id)} if out else set()
        marks |= {("in", found["theirs"])} if into else set()
        if marks & seen:
            raise MappingWrong("Line {line} says again what stands above.", field="classes", line=at)
        seen |= marks
        made.append({
            "class_id": chosen.id, "ours": f"{found['scheme']} | {found['kind']} | {found['code']}",
            "theirs": found["theirs"], "out": out, "in": into,
        })  # fmt: skip
    return made


def read_fields(text: str) -> dict[str, str]:
    """The lines of a field mapping: our names are those of the protocol; theirs are used once."""
    made: dict[str, str] = {}
    for at, line in _lines(text):
        found = FIELD_LINE.fullmatch(line)
        if found is None or found["ours"] not in CaseTold.model_fields or found["theirs"] in made.values():
            raise MappingWrong("Line {line} can't be read: {text}", field="fields", line=at, text=line[:80])
        made[found["ours"]] = found["theirs"]
    return made


def written_classes(one: Mapping) -> str:
    """The class mapping as it is written."""
    ways = {value: name for name, value in WAYS.items()}
    return "\n".join(f"{line['ours']} = {line['theirs']} {ways[line['out'], line['in']]}" for line in one.classes)


def written_fields(one: Mapping) -> str:
    """The field mapping as it is written."""
    return "\n".join(f"{ours} = {theirs}" for ours, theirs in one.fields.items())


def to_theirs(one: Mapping, told: dict[str, Any]) -> dict[str, Any]:
    """A case in the partner's names."""
    return {one.fields.get(name, name): value for name, value in told.items()}


def to_ours(one: Mapping, told: dict[str, Any]) -> dict[str, Any]:
    """A partner's case in our names."""
    ours = {theirs: name for name, theirs in one.fields.items()}
    return {ours.get(name, name): value for name, value in told.items()}
