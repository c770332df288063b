"""What rules may name: classes, departments, teams, areas. Read once for any number of cases."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.classes import ClassLine, all_classes
from app.organisation import service as organisation
from app.routing.errors import RuleWrong
from app.routing.rules import Rule
from grid.models import Area, City


@dataclass(frozen=True)
class References:
    """The city's reference data as rules need it; `below` has the ids of a class and of all below it, by its key."""

    classes: dict[int, ClassLine]
    below: dict[str, frozenset[int]]
    usable: frozenset[str]
    departments: dict[str, tuple[str, str]]
    active: frozenset[str]
    teams: dict[str, str]
    areas: dict[str, tuple[str, str]]
    zone: ZoneInfo

    def problems(self, rule: Rule, position: int) -> list[RuleWrong]:
        """What a rule names that is not there or not in use any more."""
        found = []
        for key in rule.classes:
            if key not in self.usable:
                found.append(RuleWrong(
                    "Rule {position}: the catalogue in use has no class {class}.", field="classes",
                    position=position, **{"class": key},
                ))  # fmt: skip
        for code in rule.areas:
            if not any(one.startswith(code) for one in self.areas):
                found.append(RuleWrong(
                    "Rule {position}: no area has a code that begins with {area}.", field="areas", position=position,
                    area=code,
                ))  # fmt: skip
        if rule.department not in self.active:
            found.append(RuleWrong(
                "Rule {position}: the department {department} is not there or inactive.", field="department",
                position=position, department=rule.department,
            ))  # fmt: skip
        elif rule.team is not None and self.teams.get(rule.team) != rule.department:
            found.append(RuleWrong(
                "Rule {position}: the department has no active team {team}.", field="team", position=position,
                team=rule.team,
            ))  # fmt: skip
        return found

    def all_problems(self, rules: Iterable[Rule]) -> list[RuleWrong]:
        """The same of a whole version."""
        return [one for at, rule in enumerate(rules, 1) for one in self.problems(rule, at)]


def load(db: Session) -> References:
    """The present reference data: four small queries."""
    lines = all_classes(db)
    by_id = {line.id: line for line in lines}
    below: dict[str, set[int]] = {line.key: {line.id} for line in lines}
    for line in lines:
        above = by_id.get(line.parent_id or 0)
        while above is not None:
            below[above.key].add(line.id)
            above = by_id.get(above.parent_id or 0)
    areas = db.execute(select(Area.code, Area.name_zh, Area.name_en).where(Area.valid_to.is_(None)))
    return References(
        classes=by_id,
        below={key: frozenset(ids) for key, ids in below.items()},
        usable=frozenset(line.key for line in lines if line.is_usable),
        departments=organisation.department_names(db),
        active=frozenset(organisation.active_departments(db)),
        teams=organisation.team_departments(db),
        areas={code: (zh, en) for code, zh, en in areas},
        zone=ZoneInfo(db.scalar(select(City.time_zone)) or "UTC"),
    )
