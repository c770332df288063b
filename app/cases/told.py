"""What may be told of cases, and who is meant by whom: the topic that the worker and the administration use.

Class, place, state and due time, never what somebody wrote: a description may hold names and numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from flask_babel import lazy_gettext as _l
from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.accounts.receivers import Receiver, nearest
from app.cases import queries
from app.cases.filters import CaseFilter
from app.cases.kind import KIND
from app.cases.models import CaseStatus
from app.cases.superiors import superiors
from app.cases.visible import sees
from app.notices.topics import LANGUAGES, Occurrence, Told, Topic, read_events, register
from app.settings import PROJECT
from app.workflow.labels import label_in, names_of
from grid.located import LocatedBy
from grid.models import City
from grid.reach import Viewer
from layers.layer import Words

FIELDS: dict[str, Words] = {
    "number": _l("the case's number"),
    "what": _l("its class"),
    "where": _l("its place"),
    "area": _l("its area"),
    "department": _l("the department that has it"),
    "state": _l("where it stands"),
    "due": _l("when it is due"),
    "act": _l("the step that was asked for"),
    "level": _l("the level that it is taken to"),
    "late": _l("hours overdue"),
}
WHO: dict[str, Words] = {
    "task": _l("Whose task it is, else the nearest inspectors"),
    "department": _l("The department that has it"),
    "turn": _l("Whose turn it is"),
    "reporter": _l("Who reported it"),
    "asker": _l("Who asked for the step"),
    "granters": _l("Who may grant the step"),
    "superior": _l("Who stands at this level above"),
    "intake": _l("Intake officers of the area"),
    "dispatcher": _l("Dispatchers of the area"),
    "chief": _l("Duty chiefs of the area"),
    "leader": _l("Leaders of the area"),
    "alarm": _l("Administrators and duty chiefs"),
}
ROLES = ("intake", "dispatcher", "chief", "leader")
NONE = "–"


def look(db: Session, occurrences: Sequence[Occurrence]) -> dict[int, Told]:
    """What may be said of each, by its place in the sequence; two queries however many there are."""
    rows = queries.facts_by_id(db, sorted({one.subject_id for one in occurrences}))
    city = db.execute(select(City.time_zone, City.options)).first()
    zone = ZoneInfo(city.time_zone if city else "UTC")
    departments = city.options.get("departments", {}) if city else {}
    return {
        place: _told(rows[one.subject_id], one.facts, zone, departments)
        for place, one in enumerate(occurrences) if one.subject_id in rows
    }  # fmt: skip


def _told(row: Row[Any], given: Mapping[str, Any], zone: ZoneInfo, departments: Mapping[str, Sequence[str]]) -> Told:
    facts = {language: _facts(row, given, zone, departments, language) for language in LANGUAGES}
    more = {"number": row.number, "state": row.status.value, "class": row.class_code,
            "due_at": row.due_at.isoformat() if row.due_at else None}  # fmt: skip
    about = {"reported_by": row.reported_by, "status": row.status.value}
    return Told(facts, f"/cases/{row.number}", row.area_code, row.department, {"case": more}, about)


def _facts(
    row: Row[Any], given: Mapping[str, Any], zone: ZoneInfo, departments: Mapping[str, Sequence[str]], language: str
) -> dict[str, str]:
    def named(zh: str | None, en: str | None) -> str:
        first, second = (en, zh) if language == "en" else (zh, en)
        return first or second or ""

    area = " · ".join(one for one in (named(row.street_zh, row.street_en), named(row.area_zh, row.area_en)) if one)
    place = "" if row.located_by == LocatedBy.DEFAULT else named(row.address_zh, row.address_en)
    names = departments.get(row.department or "")
    act = f"acts.{given.get('act')}"
    return {
        "number": row.number, "what": named(row.class_zh, row.class_en), "where": place or area or row.area_code,
        "area": area or row.area_code, "state": label_in(KIND, f"states.{row.status.value}", language),
        "department": named(*names) if names else row.department or NONE, "due": _moment(row.due_at, zone, language),
        "act": label_in(KIND, act, language) if act in names_of(KIND) else NONE,
        "level": str(given.get("level", NONE)), "late": f"{given['late_h']:g}" if "late_h" in given else NONE,
    }  # fmt: skip


def _moment(at: datetime | None, zone: ZoneInfo, language: str) -> str:
    if at is None:
        return NONE
    pattern = "d MMM y, HH:mm" if language == "en" else "y年M月d日 HH:mm"
    return format_datetime(at.astimezone(zone), pattern, locale="en" if language == "en" else "zh")


def may_see(viewer: Viewer, told: Told) -> bool:
    """Whether a receiver may see the case that a notice speaks of."""
    return sees(viewer, told.area_code, told.department)


# --- who is meant ---------------------------------------------------------------------------------------------------

Meant = Callable[[Occurrence, Told, Sequence[Receiver]], Sequence[Receiver]]


def choose(occurrence: Occurrence, told: Told, who: str, people: Sequence[Receiver]) -> Sequence[Receiver]:
    """The accounts that are meant by one of `WHO`; their reach is checked after."""
    if who in ROLES:
        return [one for one in people if one.role == who and one.viewer.reaches(told.area_code)]
    return MEANT[who](occurrence, told, people)


def _department(_one: Occurrence, told: Told, people: Sequence[Receiver]) -> Sequence[Receiver]:
    """Accounts of the department that has the case."""
    return [one for one in people if told.department is not None and one.viewer.department == told.department]


def _task(one: Occurrence, told: Told, people: Sequence[Receiver]) -> Sequence[Receiver]:
    named = one.facts.get("assignee_id")
    if named is not None:
        return [person for person in people if person.account_id == named]
    return nearest((person for person in people if person.role == "inspector"), told.area_code)


def _turn(one: Occurrence, told: Told, people: Sequence[Receiver]) -> Sequence[Receiver]:
    """The roles whose turn it is in the present state; of departments the one that has the case."""
    roles = set(KIND.states[told.about["status"]].turn)
    found = list(_department(one, told, people)) if "department" in roles else []
    for role in sorted(roles - {"department"}):
        found += nearest((person for person in people if person.role == role), told.area_code)
    return found


def _granters(one: Occurrence, told: Told, people: Sequence[Receiver]) -> Sequence[Receiver]:
    act = KIND.act(str(one.facts.get("act")))
    roles = act.roles if act else ()
    here = [person for person in people if person.role in roles and person.viewer.reaches(told.area_code)]
    return [person for person in here if person.account_id != one.facts.get("asker_id")]


def _by_fact(name: str) -> Meant:
    def chosen(one: Occurrence, _told: Told, people: Sequence[Receiver]) -> Sequence[Receiver]:
        return [person for person in people if person.account_id == one.facts.get(name)]

    return chosen


def _reporter(_one: Occurrence, told: Told, people: Sequence[Receiver]) -> Sequence[Receiver]:
    return [person for person in people if person.account_id == told.about["reported_by"]]


def _superior(one: Occurrence, told: Told, people: Sequence[Receiver]) -> Sequence[Receiver]:
    return superiors(people, told.area_code, told.department, int(one.facts.get("level", 1)))


def _alarm(_one: Occurrence, told: Told, people: Sequence[Receiver]) -> Sequence[Receiver]:
    here = [one for one in people if one.role in ("administrator", "chief")]
    return [one for one in here if one.viewer.reaches(told.area_code)]


MEANT: dict[str, Meant] = {
    "task": _task, "department": _department, "turn": _turn, "reporter": _reporter, "asker": _by_fact("asker_id"),
    "granters": _granters, "superior": _superior, "alarm": _alarm,
}  # fmt: skip


def example(db: Session, viewer: Viewer, event: str) -> Told | None:
    """A real case in the viewer's reach to show a wording on: the newest one, with figures where the event has some."""
    found = queries.page(db, viewer, CaseFilter(statuses=tuple(CaseStatus)), now=datetime.now(UTC), limit=1)
    facts = {"act": "extend", "level": 1, "late_h": 1.0}
    return look(db, [Occurrence(event, found[0].id, facts)])[0] if found else None


TOPIC = register(Topic(
    name="cases", events=read_events(PROJECT / "data" / "notices" / "cases.toml"), fields=FIELDS, who=WHO,
    look=look, choose=choose, may_see=may_see, example=example,
))  # fmt: skip
