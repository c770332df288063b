"""Making and changing departments, teams and posts. Nothing is deleted: what is over is inactive or has ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit import service as audit
from app.organisation import facts
from app.organisation.checks import check
from app.organisation.errors import CodeTaken, NoSuchThing
from app.organisation.facts import MODELS, Row
from app.organisation.models import OrganisationEntry
from app.organisation.schemas import SCHEMAS, Thing
from app.organisation.service import RIGHT
from app.web.reasons import reason_of
from gis.errors import InvalidInput
from grid.reach import Viewer


def find(db: Session, kind: str, code: str) -> Row | None:
    """The department, team or post of a code."""
    found: Row | None = db.scalar(select(MODELS[kind]).where(MODELS[kind].code == code))
    return found


def get(db: Session, kind: str, code: str) -> Row:
    """The same; NoSuchThing."""
    found = find(db, kind, code)
    if found is None:
        raise NoSuchThing("There is none of the code {code}.", code=code[:40])
    return found


def create(db: Session, viewer: Viewer, kind: str, given: Thing) -> Row:
    """A new one under a code of its own. Raises Forbidden, CodeTaken, Unknown, Circle, InvalidInput."""
    viewer.require(RIGHT)
    _lock(db)
    if find(db, kind, given.code) is not None:
        raise CodeTaken("The code {code} is taken.", field="code", code=given.code)
    check(db, viewer, kind, given, None)
    made = facts.add(db, kind, given)
    _enter(db, viewer, kind, made)
    audit.record(db, viewer, act=f"organisation.{kind}.create", subject=kind, subject_id=made.code)
    return made


def change(db: Session, viewer: Viewer, kind: str, code: str, given: Mapping[str, Any]) -> Row:
    """Change what is given and keep the rest; the entry before stays in the history. Raises as `create`."""
    viewer.require(RIGHT)
    _lock(db)
    row = get(db, kind, code)
    before = facts.of(db, row)
    if "code" in given and given["code"] != code:
        raise InvalidInput("A code never changes: records hold it. Make a new one.", field="code")
    wanted = read(kind, before | dict(given))
    after = wanted.model_dump(mode="json")
    if after == before:
        return row
    check(db, viewer, kind, wanted, before)
    facts.write(db, row, wanted)
    _enter(db, viewer, kind, row)
    changed = sorted(name for name in after if after[name] != before.get(name))
    audit.record(
        db, viewer, act=f"organisation.{kind}.change", subject=kind, subject_id=code, detail={"changed": changed}
    )
    return row


def put(db: Session, viewer: Viewer, kind: str, given: Mapping[str, Any]) -> str:
    """Make it or change it, as a file's line does: ``added``, ``changed`` or ``same``."""
    code = str(given.get("code") or "").strip()
    if find(db, kind, code) is None:
        create(db, viewer, kind, read(kind, given))
        return "added"
    count = select(func.count()).where(OrganisationEntry.kind == kind, OrganisationEntry.code == code)
    before = db.scalar(count)
    change(db, viewer, kind, code, given)
    return "same" if db.scalar(count) == before else "changed"


def read(kind: str, given: Mapping[str, Any]) -> Thing:
    """Facts as the schema of the kind has them; InvalidInput names the field."""
    try:
        return SCHEMAS[kind].model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = str(first["loc"][0]) if first["loc"] else None
        raise InvalidInput(reason_of(first), field=field) from error


def history(db: Session, kind: str, code: str) -> list[OrganisationEntry]:
    """What it was from when on, newest first."""
    chosen = select(OrganisationEntry).where(OrganisationEntry.kind == kind, OrganisationEntry.code == code)
    return list(db.scalars(chosen.order_by(OrganisationEntry.id.desc())))


def _enter(db: Session, viewer: Viewer, kind: str, row: Row) -> None:
    db.flush()
    entry = OrganisationEntry(
        kind=kind, code=row.code, facts=facts.of(db, row), account_id=viewer.account_id, actor=viewer.name
    )
    db.add(entry)
    db.flush()


def _lock(db: Session) -> None:
    """One change of the organisation at a time: chains of superiors are checked whole."""
    db.execute(select(func.pg_advisory_xact_lock(func.hashtext("organisation"))))
