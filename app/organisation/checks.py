"""What must be true of a department, team or post before it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.areas import check_codes
from app.accounts.service import find as find_account
from app.clocks.calendars import BadCalendar, Span
from app.organisation.errors import Circle, Unknown
from app.organisation.models import Department
from app.organisation.schemas import DepartmentIn, PostIn, TeamIn, Thing
from gis.errors import Forbidden, InvalidInput
from grid.models import Area, DutyCell
from grid.reach import Viewer


def check(db: Session, viewer: Viewer, kind: str, given: Thing, before: Mapping[str, Any] | None) -> None:
    """Raises Unknown, Circle, InvalidInput, Forbidden with the field."""
    if isinstance(given, DepartmentIn):
        _require_city(db, viewer)
        _department(db, given)
    elif isinstance(given, TeamIn):
        _require_city(db, viewer)
        need_department(db, given.department, "department", active=before is None)
        _people(db, given.members, "members", role="department", department=given.department)
    elif isinstance(given, PostIn):
        _post(db, viewer, given, before or {})


def _require_city(db: Session, viewer: Viewer) -> None:
    """Departments serve the whole city: who has only a part of it changes none."""
    tops = db.scalars(select(Area.code).where(Area.depth == 0, Area.valid_to.is_(None)))
    if not all(viewer.reaches(code) for code in tops):
        raise Forbidden("Only who has the whole city in reach changes departments and teams.")


def _department(db: Session, given: DepartmentIn) -> None:
    if given.areas:
        given.areas = [code for code in check_codes(db, given.areas) if code]
    for field in ("parent", "superior"):
        above = getattr(given, field)
        if above is not None:
            if above != given.code:
                need_department(db, above, field)
            _no_circle(db, given.code, above, field)


def need_department(db: Session, code: str, field: str, *, active: bool = False) -> None:
    """Unknown unless there is a department of this code, and an active one where that is asked."""
    is_active = db.scalar(select(Department.is_active).where(Department.code == code))
    if is_active is None:
        raise Unknown("There is no department {code}.", field=field, code=code)
    if active and not is_active:
        raise Unknown("The department {code} is inactive.", field=field, code=code)


def _no_circle(db: Session, code: str, above: str, field: str) -> None:
    column = getattr(Department, field)
    chain = {row.code: row.above for row in db.execute(select(Department.code, column.label("above")))}
    at: str | None = above
    for _ in range(len(chain) + 1):
        if at == code:
            raise Circle("{code} would stand above itself.", field=field, code=code)
        if at is None:
            return
        at = chain.get(at)


def _people(db: Session, names: Sequence[str], field: str, *, role: str, department: str | None = None) -> None:
    for name in names:
        account = find_account(db, name)
        if account is None:
            raise Unknown("There is no account named {name}.", field=field, name=name)
        if account.role.value != role:
            raise Unknown("{name} has another role: {role} is needed.", field=field, name=name, role=role)
        if department is not None and account.department not in (None, department):
            raise Unknown("{name} belongs to another department.", field=field, name=name)


def _post(db: Session, viewer: Viewer, given: PostIn, before: Mapping[str, Any]) -> None:
    if given.valid_from and given.valid_to and given.valid_to < given.valid_from:
        raise InvalidInput("The last day comes before the first.", field="valid_to")
    if given.department is not None:
        need_department(db, given.department, "department")
    for text in given.hours:
        try:
            Span.parse(text)
        except BadCalendar as error:
            raise InvalidInput(error.template, field="hours", **error.places) from error
    given.hours = [str(Span.parse(text)) for text in given.hours]
    touched = set(given.duty_cells) | set(before.get("duty_cells", ()))
    cells = db.execute(select(DutyCell.code, DutyCell.area_code).where(DutyCell.valid_to.is_(None)))
    area_of = {row.code: row.area_code for row in cells}
    for code in sorted(touched):
        if code not in area_of and code in given.duty_cells and code not in before.get("duty_cells", ()):
            raise Unknown("There is no duty cell {code}.", field="duty_cells", code=code)
        if code in area_of and not viewer.reaches(area_of[code]):
            raise Forbidden("The duty cell {code} is not in your areas.", field="duty_cells", code=code)
    if not touched:
        _require_city(db, viewer)
    _people(db, given.staff, "staff", role=given.kind.value)
