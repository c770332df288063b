"""The page of work calendars: a year at a glance, and its changes. A change is a new version, undone by restoring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from flask import Blueprint, current_app, make_response, redirect, render_template, request, send_file
from flask_babel import get_locale
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.accounts.session import current_viewer
from app.clocks import files, forms, holidays, service, show, store
from app.clocks.calendars import Calendar, DayKind
from app.clocks.clock import Clock
from app.clocks.first import DEFAULT
from app.clocks.limits import parse_limit
from app.clocks.models import WorkCalendar
from app.clocks.running import Moved, moved_by, running_clocks
from app.clocks.words import DAY_KINDS, limit_words
from app.clocks.worktime import due_at
from app.errors import words_of
from app.web.named import named
from gis.db import transaction
from gis.errors import CityError, Conflict, InvalidInput
from grid.reach import Viewer

bp = Blueprint("clocks", __name__, url_prefix="/admin/calendars", template_folder="templates")
MEDIA = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
MOVED_SHOWN = 50
WORDS: dict[str, Any] = {
    "named": named,
    "DAY_KINDS": DAY_KINDS,
    "DayKind": DayKind,
    "limit_words": limit_words,
    "BY_WEEKDAY": forms.BY_WEEKDAY,
}

Change = Callable[[Session, Viewer, Calendar, int], WorkCalendar]


@dataclass(frozen=True)
class Told:
    """What is told beside a form: what is wrong, or what was done."""

    form: str = ""
    error: CityError | None = None

    @property
    def problem(self) -> dict[str, str | None] | None:
        """The error for the template."""
        return {"form": self.form, "field": self.error.field, "words": words_of(self.error)} if self.error else None


@dataclass(frozen=True)
class Tried:
    """A limit tried out: when it is due, in words, and years in between whose holidays are not known."""

    limit: str
    due: str
    unknown_years: list[int]


def _editor() -> Viewer:
    viewer = current_viewer()
    viewer.require(service.RIGHT)
    return viewer


def _today(calendar: Calendar) -> date:
    return datetime.now(ZoneInfo(calendar.time_zone)).date()


@bp.get("")
def first_calendar() -> Response:
    """The default calendar."""
    _editor()
    return redirect(f"/admin/calendars/{DEFAULT}", 302)


@bp.get("/<name>")
def show_calendar(name: str) -> str:
    """A year of a calendar."""
    _editor()
    return _page(name)


def _page(name: str, told: Told | None = None) -> str:
    told = told or Told()
    with transaction() as db:
        row = service.row_of(db, name)
        calendar = store.contents(db, row)
        today = _today(calendar)
        year = _shown_year(today)
        moved = _moved(db, row, calendar)
        facts = {
            "row": row, "calendar": calendar, "year": year,
            "all": store.newest(db), "versions": store.versions(db, name),
            "months": show.months(calendar, year, today), "runs": show.runs(calendar.days_of(year)),
            "missing": holidays.missing_years(calendar, today), "published": holidays.published_years(row.time_zone),
            "working_days": show.working_days(calendar, year), "weekday_names": show.weekday_names(),
            "short_weekdays": show.weekday_names("narrow"), "source": holidays.source(), "today": today,
        }  # fmt: skip
    tried, wrong = _tried(calendar)
    if wrong is not None:
        told = Told("try", wrong)
    return render_template(
        "clocks/calendar.html", **facts, **WORDS, problem=told.problem, tried=tried, moved=moved[:MOVED_SHOWN],
        moved_count=len(moved), typed=request.form, asked=request.args, done=_done(row),
    )  # fmt: skip


def _shown_year(today: date) -> int:
    given = request.form.get("year") or request.args.get("year") or ""
    try:
        return forms.year_of(given, today.year)
    except InvalidInput:
        if request.method == "GET":
            raise
        return today.year


def _done(row: WorkCalendar) -> str:
    """What a change that led here did: ``saved``, ``same``, or nothing."""
    if request.args.get("done") == str(row.version):
        return "saved"
    return "same" if request.args.get("same") == str(row.version) else ""


def _moved(db: Session, row: WorkCalendar, calendar: Calendar) -> list[Moved]:
    """Right after a change: running clocks that would be due at another time by it."""
    if _done(row) != "saved":
        return []
    return moved_by(running_clocks(current_app, db, current_viewer(), row.name), calendar)


def _tried(calendar: Calendar) -> tuple[Tried | None, CityError | None]:
    """The limit that the address asks to try."""
    text, start = request.args.get("limit", ""), request.args.get("start", "")
    if not text or not start:
        return None, None
    try:
        clock = Clock(parse_limit(text), forms.start_of(start, calendar), calendar)
        due = due_at(clock.started_at, clock.limit, calendar)
    except InvalidInput as error:
        return None, error
    assert due is not None  # nothing pauses it
    local, locale = due.astimezone(ZoneInfo(calendar.time_zone)), get_locale()
    words = f"{format_date(local, 'full', locale=locale)} {format_time(local, 'HH:mm', locale=locale)}"
    return Tried(limit_words(clock.limit), words, clock.unknown_years), None


def _change(name: str, form_id: str, change: Change) -> Response:
    """Do one change and go back to the year; a refusal is told beside its form, nothing typed is lost."""
    viewer = _editor()
    try:
        seen = forms.seen_of(request.form)
        with transaction() as db:
            made = change(db, viewer, service.calendar_of(db, name), seen)
    except (InvalidInput, Conflict) as error:
        return make_response(_page(name, Told(form_id, error)), 409 if isinstance(error, Conflict) else 422)
    done = "same" if made.version == seen else "done"
    return redirect(f"/admin/calendars/{name}?year={request.form.get('year', '')}&{done}={made.version}", 303)


@bp.post("/<name>/days")
def post_days(name: str) -> Response:
    """Make some days holidays, make-up working days, or what their weekday says."""

    def change(db: Session, viewer: Viewer, calendar: Calendar, seen: int) -> WorkCalendar:
        return service.change(db, viewer, calendar.with_days(forms.days_of(request.form)), seen=seen)

    return _change(name, "days", change)


@bp.post("/<name>/hours")
def post_hours(name: str) -> Response:
    """Change hours, weekdays and titles."""

    def change(db: Session, viewer: Viewer, calendar: Calendar, seen: int) -> WorkCalendar:
        wanted = forms.with_hours(calendar, request.form)
        return service.change(db, viewer, wanted, seen=seen, titles=forms.titles_of(request.form))

    return _change(name, "hours", change)


@bp.post("/<name>/fill")
def post_fill(name: str) -> Response:
    """Fill a year from the published list."""

    def change(db: Session, viewer: Viewer, calendar: Calendar, seen: int) -> WorkCalendar:
        year = forms.year_of(request.form.get("year", ""), _today(calendar).year)
        wanted = calendar.with_year(year, holidays.published_days(year))
        return service.change(db, viewer, wanted, seen=seen, note=holidays.source())

    return _change(name, "file", change)


@bp.post("/<name>/complete")
def post_complete(name: str) -> Response:
    """Say that the days of a year are complete as they stand."""

    def change(db: Session, viewer: Viewer, calendar: Calendar, seen: int) -> WorkCalendar:
        year = forms.year_of(request.form.get("year", ""), _today(calendar).year)
        return service.change(db, viewer, calendar.with_year(year, calendar.days_of(year)), seen=seen)

    return _change(name, "file", change)


@bp.post("/<name>/import")
def post_import(name: str) -> Response:
    """Replace years by what a file says: those that its days lie in, or the shown one if it has none."""

    def change(db: Session, viewer: Viewer, calendar: Calendar, seen: int) -> WorkCalendar:
        given = request.files.get("file")
        if given is None or not given.filename:
            raise InvalidInput("Choose a file.", field="file")
        days = files.read_days(given.read(), given.filename)
        shown = forms.year_of(request.form.get("year", ""), _today(calendar).year)
        for year in sorted({on.year for on in days}) or [shown]:
            calendar = calendar.with_year(year, {on: day for on, day in days.items() if on.year == year})
        return service.change(db, viewer, calendar, seen=seen, note=given.filename)

    return _change(name, "file", change)


@bp.post("/<name>/restore")
def post_restore(name: str) -> Response:
    """Make an earlier version the present one."""

    def change(db: Session, viewer: Viewer, _calendar: Calendar, seen: int) -> WorkCalendar:
        version = request.form.get("version", "")
        if not version.isdecimal() or len(version) > 9:
            raise InvalidInput("Choose a version.", field="version")
        return service.restore(db, viewer, name, int(version), seen=seen)

    return _change(name, "versions", change)


@bp.get("/<name>/<int:year>.<any(csv, xlsx):kind>")
def get_file(name: str, year: int, kind: str) -> Response:
    """A year's special days as a file."""
    _editor()
    forms.year_of(str(year), year)
    with transaction() as db:
        calendar = service.calendar_of(db, name)
    data = files.write_csv(calendar, year) if kind == "csv" else files.write_xlsx(calendar, year)
    return send_file(BytesIO(data), MEDIA[kind], as_attachment=True, download_name=f"{name}-{year}.{kind}")


@bp.get("/new")
def new_calendar() -> str:
    """The form for a calendar beside the default one."""
    _editor()
    return _new_page(Told())


def _new_page(told: Told) -> str:
    with transaction() as db:
        calendar = service.calendar_of(db)
    return render_template(
        "clocks/new.html", calendar=calendar, problem=told.problem, typed=request.form,
        weekday_names=show.weekday_names(), **WORDS,
    )  # fmt: skip


@bp.post("/new")
def post_new_calendar() -> Response:
    """Make a calendar with hours of its own; it begins with the default calendar's holidays."""
    viewer, form = _editor(), request.form
    try:
        with transaction() as db:
            first = forms.with_hours(service.calendar_of(db), form)
            calendar = forms.renamed(first, form.get("name", "").strip())
            made = service.create(db, viewer, calendar, forms.titles_of(form))
    except (InvalidInput, Conflict) as error:
        return make_response(_new_page(Told("new", error)), 409 if isinstance(error, Conflict) else 422)
    return redirect(f"/admin/calendars/{made.name}", 303)
