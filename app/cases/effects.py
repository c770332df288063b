"""What an act changes in a case besides where it stands."""

from __future__ import annotations

from collections.abc import Callable

from geoalchemy2.shape import from_shape
from shapely.geometry import Point
from sqlalchemy.orm import Session

from app.cases import conditions, suggestions
from app.cases.catalogue import usable_class
from app.cases.guards import main_of, named_case
from app.cases.models import Case, FilingCondition
from app.organisation import service as organisation
from app.workflow import timing
from app.workflow.situation import Situation
from gis.errors import Forbidden, InvalidInput
from grid.locate import fields, locate
from grid.located import LocatedBy
from grid.models import Relocation

Here = Situation[Case]


def correct(db: Session, here: Here) -> None:
    """Another class, or another place: the old assignment is kept."""
    case, class_id, place = here.matter, here.answer("class_id"), here.answer("place")
    if class_id is None and place is None:
        raise InvalidInput("Give the right class or the right place.", field="class_id")
    if class_id is not None:
        case.class_id = usable_class(db, class_id).id
    if place is not None:
        spot = Point(*place)
        found = locate(db, spot)
        if not here.viewer.reaches(found.area_code):
            raise Forbidden("The place is not in your areas.", field="place")
        db.add(Relocation(register="cases", record_id=case.id, unit_cell_id=case.unit_cell_id,
                          area_code=case.area_code, reason="corrected"))  # fmt: skip
        for name, value in fields(found).items():
            setattr(case, name, value)
        case.duty_cell_id = found.duty_cell_id
        case.geom, case.located_by = from_shape(spot, srid=4326), LocatedBy.MAP
        case.located_at, case.accuracy_m, case.datum_given = here.now, None, "wgs84"


def file(db: Session, here: Here) -> None:
    """The condition sets the limit, frozen with where it came from."""
    case = here.matter
    condition: FilingCondition | None = here.found["condition"]  # the guard has looked
    case.condition_id = condition.id if condition else None
    if condition is None:
        return
    case.department = condition.department or case.department
    limit, _profile = conditions.limit_of(db, condition, case)
    if limit is not None:
        timing.start_clock(db, case, limit, here.now)


def dispatch(db: Session, here: Here) -> None:
    """The department that handles it; the move keeps which rule said so, or that a person chose otherwise."""
    chosen = here.answer("department")
    if here.given is not None:
        here.given.kept["routing"] = suggestions.kept(db, here.matter.id, here.now, chosen)
    here.matter.department = chosen
    here.matter.team_id = _team(db, here, chosen)


def give_team(db: Session, here: Here) -> None:
    """A team of the department that has the case."""
    here.matter.team_id = _team(db, here, here.matter.department)


def no_team(_db: Session, here: Here) -> None:
    """Whoever gets it next chooses a team anew."""
    here.matter.team_id = None


def _team(db: Session, here: Here, department: str | None) -> int | None:
    code = here.answer("team")
    if code is None:
        return None
    found = {one.code: one.id for one in organisation.teams_of(db, department or "")}
    if code not in found:
        raise InvalidInput("{team} is no team of this department.", team=code, field="team")
    return found[code]


def end(_db: Session, here: Here) -> None:
    """How it ended, in words."""
    note = here.given.note if here.given else ""
    here.matter.outcome = note or here.matter.outcome


def close(db: Session, here: Here) -> None:
    """How it ended, and whether in time."""
    end(db, here)
    due_at = here.matter.due_at
    here.matter.is_on_time = None if due_at is None else here.now <= due_at


def reopen(_db: Session, here: Here) -> None:
    """What was said at closing no longer holds."""
    here.matter.is_on_time = None


def extend(db: Session, here: Here) -> None:
    """One original limit more."""
    clock = timing.clock_of(db, here.matter)
    if clock is not None:
        timing.put_clock(here.matter, clock.extend(here.now))


def defer(_db: Session, here: Here) -> None:
    """It leaves the denominators."""
    here.matter.is_deferred = True


def appeal(db: Session, here: Here) -> None:
    """A granted appeal: it counts as on time, and the clock shows both."""
    clock = timing.clock_of(db, here.matter)
    if clock is not None and clock.was_in_time is False:
        timing.put_clock(here.matter, clock.grant_appeal(here.now))
    here.matter.is_on_time = True


def split(_db: Session, here: Here) -> None:
    """The department that directs the others; the parts are made once the step stands (`app.cases.splitting`)."""
    here.matter.department = here.answer("department")
    here.matter.team_id = None


def attach(db: Session, here: Here) -> None:
    """A case becomes a part of another."""
    whole = named_case(db, here, "whole")
    here.matter.parent_id = whole.id if whole else None


def detach(_db: Session, here: Here) -> None:
    """A part goes its own way."""
    here.matter.parent_id = None


def merge(db: Session, here: Here) -> None:
    """It is told by its main case from now on; one that was merged itself leads to its own main case."""
    named = named_case(db, here, "into")
    here.matter.merged_into_id = main_of(db, named).id if named else None


def unmerge(_db: Session, here: Here) -> None:
    """It goes its own way again."""
    here.matter.merged_into_id = None


EFFECTS: dict[str, Callable[[Session, Here], None]] = {
    "correct": correct, "file": file, "refuse": end, "self_handled": close, "dispatch": dispatch,
    "give_team": give_team, "send_back": no_team, "close": close,
    "reopen": reopen, "extend": extend, "defer": defer, "appeal": appeal,
    "split": split, "attach": attach, "detach": detach, "merge": merge, "unmerge": unmerge, "split_back": end,
    "closed_there": close, "refused_there": end, "void_there": end, "reopened_there": reopen,
}  # fmt: skip
