"""Which department a case goes to, and why: the first rule that fits, else its condition's or class's department."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shapely.geometry import Point
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.cases import routed
from app.components import queries as components
from app.routing import references, versions
from app.routing.errors import RuleWrong
from app.routing.matching import Facts, criteria, facts_of
from app.routing.models import RuleSet
from app.routing.references import References
from app.routing.rules import Rule
from gis.errors import InvalidInput
from grid.locate import locate
from grid.reach import Viewer

RULE, CONDITION, CLASS, NOBODY = "rule", "condition", "class", "none"


@dataclass(frozen=True)
class Tried:
    """A rule before the winner, or the winner: which of its criteria fit and which did not."""

    position: int
    rule: Rule
    failed: tuple[str, ...]
    met: tuple[str, ...]

    @property
    def fits(self) -> bool:
        """Whether all of its criteria are met."""
        return not self.failed


@dataclass(frozen=True)
class Decision:
    """The answer. `by` says what chose: rule, condition, class, or none; `problem` what is wrong with the answer."""

    department: str | None
    team: str | None
    by: str
    version: int | None = None
    position: int | None = None
    name: str = ""
    tried: tuple[Tried, ...] = ()
    problem: RuleWrong | None = None
    also: tuple[int, ...] = field(default=())  # rules further down that fit too

    def kept(self, chosen: str | None) -> dict[str, Any]:
        """What the move of a dispatch keeps, so that accurate dispatch can be counted: who chose, and what."""
        return {
            "by": self.by, "version": self.version, "position": self.position, "rule": self.name,
            "suggested": self.department, "team": self.team if chosen == self.department else None,
            "overridden": self.department is not None and chosen != self.department,
        }  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One case, or one that might be, as rules look at it."""

    facts: Facts
    class_id: int
    condition_department: str | None


def suggest(db: Session, case_id: int, at: datetime | None = None) -> Decision:
    """The answer of the rules in force for a case that is in hand, at a moment (now)."""
    row = routed.of_id(db, case_id)
    return decide(db, _asked(db, row, references_of(db), at or datetime.now(UTC)), versions.active(db))


def explain_case(db: Session, viewer: Viewer, number: str, version: str | None = None) -> Decision:
    """The same for a case by its number: at its last dispatch, or now if it was not sent yet. NotFound."""
    row = routed.one(db, viewer, number)
    one = versions.chosen(db, version or "active")
    return decide(db, _asked(db, row, references_of(db), row.sent_at or datetime.now(UTC)), one)


def explain_place(
    db: Session, viewer: Viewer, class_id: int, lon: float, lat: float, *, source: str = "inspector",
    at: datetime | None = None, version: str | None = None,
) -> Decision:  # fmt: skip
    """The same for a class at a place (degrees, WGS 84). Raises OutsideCity, InvalidInput."""
    viewer.require("cases.read")
    ref = references_of(db)
    if class_id not in ref.classes:
        raise InvalidInput("Choose a class from the catalogue.", field="class_id")
    place = locate(db, Point(lon, lat))
    if not viewer.reaches(place.area_code):
        raise InvalidInput("The place is not in your areas.", field="lon")
    row = Named((class_id, lon, lat, place.area_code, source, None, at or datetime.now(UTC)))
    facts = facts_of([row], {}, ref)
    return decide(db, Asked(facts, class_id, None), versions.chosen(db, version or "active"), ref)


class Named(tuple[Any, ...]):
    """A row made by hand with the names that `facts_of` reads."""

    _fields = ("class_id", "lon", "lat", "area_code", "source", "component_id", "at")


def references_of(db: Session) -> References:
    """The reference data that rules name."""
    return references.load(db)


def _asked(db: Session, row: Row[Any], ref: References, at: datetime) -> Asked:
    owners = components.in_charge(db, [row.component_id]) if row.component_id else {}
    return Asked(facts_of([row], owners, ref, at), row.class_id, row.condition_department)


def decide(db: Session, asked: Asked, one: RuleSet | None, ref: References | None = None) -> Decision:
    """Try the rules of a version in their order; what was tried is told up to the winner."""
    ref = ref or references_of(db)
    tried: list[Tried] = []
    also: list[int] = []
    winner: Tried | None = None
    for position, rule in enumerate(versions.rules_of(db, one), 1):
        found = _try(position, rule, asked.facts, ref)
        if winner is None:
            tried.append(found)
            winner = found if found.fits else None
        elif found.fits:
            also.append(position)
    version = one.version if one else None
    if winner is None:
        return _fallback(asked, ref, version, tuple(tried))
    problems = [one for one in ref.problems(winner.rule, winner.position) if one.field in ("department", "team")]
    is_there = winner.rule.department in ref.active
    return Decision(
        winner.rule.department if is_there else None, None if problems else winner.rule.team, RULE, version,
        winner.position, winner.rule.name, tuple(tried), problems[0] if problems else None, tuple(also),
    )  # fmt: skip


def _try(position: int, rule: Rule, facts: Facts, ref: References) -> Tried:
    failed: list[str] = []
    met: list[str] = []
    for name, fits in criteria(rule, ref).items():
        (met if bool(fits(facts)[0]) else failed).append(name)
    return Tried(position, rule, tuple(failed), tuple(met))


def _fallback(asked: Asked, ref: References, version: int | None, tried: tuple[Tried, ...]) -> Decision:
    """No rule fits: the department of the filing condition, else of the class."""
    line = ref.classes.get(asked.class_id)
    for by, department in ((CONDITION, asked.condition_department), (CLASS, line.department if line else None)):
        if department:
            return Decision(department, None, by, version, tried=tried)
    return Decision(None, None, NOBODY, version, tried=tried)
