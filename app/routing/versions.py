"""Versions of the rules: one draft that is changed freely, one active version, and those before it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import DateTime, delete, func, select
from sqlalchemy.orm import Session

from app.accounts.areas import reaches_whole_city
from app.audit import service as audit
from app.routing import references
from app.routing.errors import NoDraft, NoSuchVersion, RuleWrong, StaleDraft
from app.routing.models import RuleRow, RuleSet, RuleSetStatus
from app.routing.rules import Rule, read
from gis.errors import Forbidden, InvalidInput
from grid.reach import Viewer

RIGHT = "routing.edit"
RULES_MAX = 500


def active(db: Session) -> RuleSet | None:
    """The version in force; None before one was activated."""
    return db.scalar(select(RuleSet).where(RuleSet.status == RuleSetStatus.ACTIVE))


def draft(db: Session) -> RuleSet | None:
    """The version that is being worked on, if there is one."""
    return db.scalar(select(RuleSet).where(RuleSet.status == RuleSetStatus.DRAFT))


def of_version(db: Session, version: int) -> RuleSet:
    """A version by its number; NoSuchVersion."""
    found = db.scalar(select(RuleSet).where(RuleSet.version == version))
    if found is None:
        raise NoSuchVersion("There is no version {version} of the rules.", version=str(version))
    return found


def all_versions(db: Session) -> Sequence[RuleSet]:
    """All versions, newest first."""
    return db.scalars(select(RuleSet).order_by(RuleSet.version.desc())).all()


def rules_of(db: Session, one: RuleSet | None) -> list[Rule]:
    """The rules of a version in their order."""
    if one is None:
        return []
    rows = db.scalars(select(RuleRow).where(RuleRow.set_id == one.id).order_by(RuleRow.position))
    return [read(row.facts, row.position) for row in rows]


def chosen(db: Session, version: str | None) -> RuleSet | None:
    """``draft``, ``active`` or a number; without any, the draft if there is one, else the active version."""
    if version in (None, ""):
        return draft(db) or active(db)
    if version == "draft":
        return draft(db)
    if version == "active":
        return active(db)
    if version is None or not version.isdecimal() or len(version) > 9:
        raise InvalidInput("Say draft, active or the number of a version.", field="version")
    return of_version(db, int(version))


def begin(db: Session, viewer: Viewer) -> RuleSet:
    """The draft; a new one begins with the rules in force. Raises Forbidden."""
    require(db, viewer)
    _lock(db)
    found = draft(db)
    if found is not None:
        return found
    rules = rules_of(db, active(db))
    version = (db.scalar(select(func.max(RuleSet.version))) or 0) + 1
    made = RuleSet(version=version, actor=viewer.name, account_id=viewer.account_id)
    db.add(made)
    db.flush()
    _write(db, made, rules)
    return made


def save(
    db: Session, viewer: Viewer, rules: Sequence[Rule], *, revision: int | None = None, note: str | None = None,
    touched: Sequence[int] | None = None,
) -> RuleSet:  # fmt: skip
    """Make the draft consist of these rules, in this order.

    Parameters
    ----------
    revision : int, optional
        The draft's revision that the change was made on; StaleDraft when there is a newer one.
    touched : sequence of int, optional
        Places (from 0) of the rules that are new or changed: only these must name what is there. All if left out.

    Raises Forbidden, RuleWrong, StaleDraft.
    """
    made = begin(db, viewer)
    if revision is not None and made.revision != revision:
        raise StaleDraft("Somebody changed the draft meanwhile: look again before you go on.")
    if len(rules) > RULES_MAX:
        raise InvalidInput("A version has at most {count} rules.", field="rules", count=RULES_MAX)
    ref = references.load(db)
    for at in range(len(rules)) if touched is None else touched:
        if problems := ref.problems(rules[at], at + 1):
            raise problems[0]
    _write(db, made, rules)
    made.revision += 1
    if note is not None:
        made.note = note.strip()[:400]
    db.flush()
    return made


def activate(db: Session, viewer: Viewer, *, revision: int | None = None) -> RuleSet:
    """Put the draft in force; the version before it retires. Raises Forbidden, NoDraft, StaleDraft, RuleWrong."""
    require(db, viewer)
    _lock(db)
    made = draft(db)
    if made is None:
        raise NoDraft("There is no draft to activate.")
    if revision is not None and made.revision != revision:
        raise StaleDraft("Somebody changed the draft meanwhile: look again before you go on.")
    rules = rules_of(db, made)
    if not rules:
        raise RuleWrong("A version without a rule can't be activated.", field="rules")
    if problems := references.load(db).all_problems(rules):
        raise problems[0]
    before = active(db)
    if before is not None:
        before.status = RuleSetStatus.RETIRED
        db.flush()
    made.status, made.activated_by = RuleSetStatus.ACTIVE, viewer.name
    made.activated_at = db.scalars(select(func.clock_timestamp(type_=DateTime(timezone=True)))).one()
    db.flush()
    detail = {"version": made.version, "rules": len(rules), "before": before.version if before else None}
    audit.record(db, viewer, act="routing.activate", subject="routing", subject_id=made.version, detail=detail)
    return made


def discard(db: Session, viewer: Viewer) -> None:
    """Throw the draft away. Raises Forbidden, NoDraft."""
    require(db, viewer)
    _lock(db)
    made = draft(db)
    if made is None:
        raise NoDraft("There is no draft to throw away.")
    db.execute(delete(RuleRow).where(RuleRow.set_id == made.id))
    db.delete(made)
    db.flush()


def restore(db: Session, viewer: Viewer, version: int) -> RuleSet:
    """Make the draft what an earlier version was; it is looked through before it is activated."""
    return save(db, viewer, rules_of(db, of_version(db, version)), touched=())


def require(db: Session, viewer: Viewer) -> None:
    """Forbidden without the right, or without the whole city in reach: rules hold for all of it."""
    viewer.require(RIGHT)
    if not reaches_whole_city(db, viewer):
        raise Forbidden("Rules hold for the whole city: only who has all of it in reach changes them.")


def _write(db: Session, made: RuleSet, rules: Sequence[Rule]) -> None:
    db.execute(delete(RuleRow).where(RuleRow.set_id == made.id))
    for position, rule in enumerate(rules, 1):
        facts = rule.model_dump(mode="json", exclude_defaults=True)
        db.add(RuleRow(set_id=made.id, position=position, facts=facts))
    db.flush()


def _lock(db: Session) -> None:
    db.execute(select(func.pg_advisory_xact_lock(func.hashtext("routing"))))
