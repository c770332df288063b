"""What a case may be a double of: ranked candidates with the reasons, before and after it is filed.

Candidates lie within four times the class's radius and thirty times its hours, and share the class, the class above
it, the component or the words. One index (ix_cases_geog) finds them, so that the size of the register doesn't matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shapely.geometry import Point
from sqlalchemy import ColumnElement, Row, Select, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from app.cases import double_rules, queries
from app.cases.catalogue import get_class
from app.cases.double_rules import Rule
from app.cases.models import OPEN_STATUSES, Case, CaseClass, CaseStatus
from app.cases.visible import visible
from grid.reach import Viewer

FURTHER, LONGER = 4, 30  # how many radii and spans of time are searched
LEAST_SCORE = 0.35
ALIKE = 0.3  # similarity of words from which on they are a reason: pg_trgm's own threshold
SAME_MAJOR = 0.6  # what a class of the same major counts, where the same class counts 1
MOST = 10
ELIGIBLE = (*OPEN_STATUSES, CaseStatus.CLOSED)  # what a case can be merged into
Theirs = aliased(CaseClass, name="their_class")


@dataclass(frozen=True)
class Subject:
    """What candidates are sought for; `case_id` is the case itself once it is logged."""

    class_id: int | None
    at: Point
    reported_at: datetime
    component_id: int | None = None
    words: str = ""
    case_id: int | None = None


@dataclass(frozen=True)
class Double:
    """A candidate: its row, how near in metres and hours, its score from 0 to 1, and each reason's part of it."""

    row: Row[Any]
    metres: float
    hours: float
    score: float
    is_likely: bool
    parts: dict[str, float]


@dataclass(frozen=True)
class Doubles:
    """Candidates, the most likely first, and the rule that they were ranked by."""

    rule: Rule
    items: list[Double]


def before(
    db: Session, viewer: Viewer, class_id: int | None, at: Point, reported_at: datetime, *,
    component_id: int | None = None, words: str = "", limit: int = MOST,
) -> Doubles:  # fmt: skip
    """What a case about to be logged may be a double of. `at`: EPSG:4326. Raises Forbidden, NoSuchClass."""
    viewer.require("cases.read")
    if class_id is not None:
        get_class(db, class_id)
    return ranked(db, viewer, Subject(class_id, at, reported_at, component_id, words), limit)


def after(db: Session, viewer: Viewer, number: str, limit: int = MOST) -> Doubles:
    """What a case may be a double of. Raises Forbidden, NotFound."""
    return of_row(db, viewer, queries.get(db, viewer, number), limit)


def of_row(db: Session, viewer: Viewer, row: Row[Any], limit: int = MOST) -> Doubles:
    """The same for a case that was read already."""
    subject = Subject(
        row.class_id, Point(row.lon, row.lat), row.reported_at, row.component_id, row.description, row.id
    )  # fmt: skip
    return ranked(db, viewer, subject, limit)


def ranked(db: Session, viewer: Viewer, subject: Subject, limit: int = MOST) -> Doubles:
    """Candidates of a subject, the most likely first."""
    rule = double_rules.rule_of(db, subject.class_id)
    few = scored(viewer, subject, rule).limit(limit).subquery("few")
    found = queries.joined((*queries.BRIEF, *(few.c[name] for name in _NAMES))).join(few, few.c.id == Case.id)
    rows = db.execute(found.order_by(few.c.score.desc(), few.c.metres, Case.id)).all()
    return Doubles(rule, [_double(row, rule) for row in rows])


_PARTS = ("distance", "class", "time", "component", "words")
_NAMES = ("metres", "apart", "score", *(f"part_{name}" for name in _PARTS))


def _double(row: Row[Any], rule: Rule) -> Double:
    parts = {name: float(getattr(row, f"part_{name}")) for name in _PARTS}
    hours = float(row.apart) / 3600
    is_likely = parts["class"] == 1 and row.metres <= rule.radius_m and hours <= rule.hours
    return Double(row, row.metres, hours, round(float(row.score), 3), is_likely, parts)


def scored(viewer: Viewer, subject: Subject, rule: Rule) -> Select[Any]:
    """Ids with distance, time apart in seconds, each part from 0 to 1, and the weighted score; the best first.

    What neither side says (no component, no words) has no weight.
    """
    near = _near(viewer, subject, rule).subquery("near")
    parts = {name: near.c[f"part_{name}"] for name in _PARTS}
    weights: dict[str, Any] = {name: literal(float(rule.weights[name])) for name in _PARTS}
    weights["component"] = case((near.c.has_component, weights["component"]), else_=0.0)
    weights["words"] = case((near.c.has_words, weights["words"]), else_=0.0)
    if subject.class_id is None:
        weights["class"] = literal(0.0)
    total = sum((weights[name] * parts[name] for name in _PARTS), start=literal(0.0))
    whole = func.nullif(sum((weights[name] for name in _PARTS), start=literal(0.0)), 0.0)
    score = func.coalesce(total / whole, 0.0).label("score")
    chosen = select(near.c.id, near.c.metres, near.c.apart, score, *(parts[name] for name in _PARTS))
    told = or_(literal(subject.class_id is None), parts["class"] > 0, parts["component"] > 0, parts["words"] >= ALIKE)
    return chosen.where(score >= LEAST_SCORE, told).order_by(score.desc(), near.c.metres, near.c.id)


def _near(viewer: Viewer, subject: Subject, rule: Rule) -> Select[Any]:
    """All cases near enough in space and time, with the parts of their score."""
    place = func.geography(func.ST_SetSRID(func.ST_MakePoint(subject.at.x, subject.at.y), 4326))
    spot = func.geography(Case.geom)  # the very expression ix_cases_geog indexes
    reach_m, reach = rule.radius_m * FURTHER, timedelta(hours=rule.hours * LONGER)
    metres = func.ST_Distance(spot, place)
    apart = func.abs(func.extract("epoch", Case.reported_at - subject.reported_at))
    same_component: ColumnElement[float] = literal(0.0)
    if subject.component_id is not None:
        same_component = case((Case.component_id == subject.component_id, 1.0), else_=0.0)
    has_component = and_(Case.component_id.is_not(None), literal(subject.component_id is not None))
    has_words = and_(Case.description != "", literal(bool(subject.words.strip())))
    columns: list[Any] = [
        Case.id, metres.label("metres"), apart.label("apart"), has_component.label("has_component"),
        has_words.label("has_words"), (1 - metres / reach_m).label("part_distance"),
        _kin(subject.class_id).label("part_class"), (1 - apart / reach.total_seconds()).label("part_time"),
        same_component.label("part_component"),
        func.similarity(Case.description, subject.words).label("part_words"),
    ]  # fmt: skip
    chosen = select(*columns).join(Theirs, Theirs.id == Case.class_id).where(
        func.ST_DWithin(spot, place, reach_m), Case.status.in_(ELIGIBLE), visible(viewer), Case.parent_id.is_(None),
        Case.reported_at.between(subject.reported_at - reach, subject.reported_at + reach),
    )  # fmt: skip
    return chosen if subject.case_id is None else chosen.where(Case.id != subject.case_id)


def _kin(class_id: int | None) -> ColumnElement[float]:
    """1 for the same class, less for one of the same major."""
    if class_id is None:
        return literal(0.0)
    major = select(func.coalesce(CaseClass.parent_id, CaseClass.id)).where(CaseClass.id == class_id).scalar_subquery()
    of_major = func.coalesce(Theirs.parent_id, Theirs.id) == major
    return case((Theirs.id == class_id, 1.0), (of_major, SAME_MAJOR), else_=0.0)


def reasons(found: Double) -> Sequence[str]:
    """The names of what speaks for a candidate, the heaviest first."""
    speaks = {
        "component": found.parts["component"] == 1, "class": found.parts["class"] == 1,
        "major": found.parts["class"] == SAME_MAJOR, "words": found.parts["words"] >= ALIKE,
    }  # fmt: skip
    return [name for name, holds in speaks.items() if holds]
