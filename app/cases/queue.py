"""The queue as its page tells of it: the filter in an address, chips that take filters away, the forecast in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import format_time
from flask_babel import gettext as _
from pydantic import ValidationError

from app.accounts.rights import role_name
from app.cases import reading, show
from app.cases.filters import CaseFilter
from app.cases.forecast import HORIZONS, Forecast
from app.cases.kind import KIND
from app.cases.models import OPEN_STATUSES, SavedView
from app.cases.schemas import CaseQuery
from app.cases.views import BADGE_MAX, EVERY_ROLE
from app.cases.words import KINDS, SOURCES
from app.errors import words_of
from app.web.city import DepartmentNames
from app.web.named import named
from app.workflow.kinds import Act
from app.workflow.labels import label
from gis.errors import InvalidInput
from grid.reach import Viewer

ON_MAP = {
    "kind": "f.kind", "class": "f.major", "source": "f.source", "area": "area", "from": "from", "to": "to", "q": "q",
    "department": "f.department",
}  # fmt: skip
TURN = "mine"
UNFILTERED = {"after", "order", "status"}  # what of an address makes the list no shorter than its chips say


@dataclass(frozen=True)
class Asked:
    """What an address asks of the queue: the arguments that could be read, and what is said of the others."""

    args: dict[str, str]
    query: CaseQuery
    filter: CaseFilter
    problem: str = ""
    is_own: bool = False  # nothing was asked for: the queue of one's own turn


def has_turn(viewer: Viewer) -> bool:
    """Whether there are statuses in which it is this viewer's turn."""
    return viewer.may("cases.move") and bool(reading.turn_of(viewer.role))


def read(given: Mapping[str, str], viewer: Viewer, zone: ZoneInfo, now: datetime) -> Asked:
    """The queue that an address asks for; what can't be read is left out and told, the rest stays in force."""
    args = dict(given)
    is_own = not args.keys() - {"after", "order"} and has_turn(viewer)
    if is_own:
        args = {"status": TURN} | args
    problems: list[str] = []
    while True:
        try:
            query = CaseQuery.model_validate(args)
            return Asked(args, query, reading.filter_of(query, zone, viewer.role, now), " ".join(problems), is_own)
        except ValidationError as error:
            wrong = {str(one["loc"][0]) for one in error.errors()} & args.keys()
            told = _("A filter could not be read and was left out: {names}").format(names=", ".join(sorted(wrong)))
        except InvalidInput as error:
            wrong, told = {str(error.field)} & args.keys(), words_of(error)
        problems.append(str(told))
        args = {name: value for name, value in args.items() if name not in wrong} if wrong else {}


def without_horizon(asked: Asked) -> CaseFilter:
    """The filter that the forecast counts by: the horizon is what it counts."""
    return replace(asked.filter, red_from=None, red_until=None)


def chips_filter(asked: CaseFilter) -> CaseFilter:
    """What the status chips count: the filter whatever the status, but among open cases only open ones.

    A city keeps twenty times as many cases that are over: who looks at open ones does not wait for those to be counted.
    """
    is_of_open = bool(asked.statuses) and set(asked.statuses) <= set(OPEN_STATUSES)
    return replace(asked, statuses=OPEN_STATUSES if is_of_open else ())


def chips(args: Mapping[str, str], majors: Mapping[int, str], areas: Mapping[str, str]) -> list[dict[str, str]]:
    """The filters in force beside the status, each in words and with the address of the list without it."""
    words: dict[str, Mapping[str, Any]] = {
        "class": {str(key): name for key, name in majors.items()},
        "kind": {one.value: text for one, text in KINDS.items()},
        "source": {one.value: text for one, text in SOURCES.items()},
        "clock": show.clock_choices(),
        "area": areas,
        "department": DepartmentNames(),
        "overseen": {"yes": _("overseen"), "no": _("not overseen")},
        "located": {"truly": _("truly located"), "default": _("not truly located")},
        "mine": {"1": _("of my posts")},
        "bbox": {args.get("bbox", ""): _("inside a box")},
        "within": {args.get("within", ""): _("inside the polygon")},
    }
    titles = {
        "q": _("Words: {value}"), "from": _("From {value}"), "to": _("Until {value}"), "cell": _("Unit cell {value}"),
        "due_from": _("Due from {value}"), "due_to": _("Due until {value}"), "closed_from": _("Closed from {value}"),
        "closed_to": _("Closed until {value}"), "red_in": _("Turns red within {value} h"),
    }  # fmt: skip
    days = {"today": _("today"), "yesterday": _("yesterday")}
    return [
        {
            "name": name, "without": show.link("/cases", args, **{name: None}),
            "words": str(titles[name]).format(value=days.get(value, value)) if name in titles
            else ", ".join(str(words[name].get(part, part)) for part in _parts(name, value)),
        }
        for name, value in args.items()
        if name in words or name in titles
    ]  # fmt: skip


def _parts(name: str, value: str) -> list[str]:
    return [value] if name in ("bbox", "within") else reading.split(value)


def map_link(args: Mapping[str, str], role: str) -> str | None:
    """The same rows on the big map; None where it can't show just these: the queue's own map does."""
    if args.keys() - ON_MAP.keys() - UNFILTERED or {args.get("from"), args.get("to")} & {"today", "yesterday"}:
        return None
    link = show.map_link("cases", args, ON_MAP)
    chosen = reading.statuses(args.get("status", ""), role)
    return f"{link}&f.status={','.join(one.value for one in chosen)}" if chosen else link


def view_lines(
    found: list[SavedView], counts: Mapping[int, int | None], viewer: Viewer, args: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Saved views with their badges, and whether one of them is what is shown now."""
    here = show.link("/cases", args)
    return [
        {
            "id": one.id, "name": named(one.name_zh, one.name_en), "url": f"/cases?{one.query}",
            "is_here": f"/cases?{one.query}" == here, "is_own": one.account_id == viewer.account_id,
            "shared": str(_("all roles")) if one.role == EVERY_ROLE else role_name(one.role) if one.role else "",
            "count": badge(counts.get(one.id)),
        }
        for one in found
    ]  # fmt: skip


def badge(count: int | None) -> str:
    """A count for a glance."""
    if count is None:
        return "–"
    return f"{BADGE_MAX}+" if count > BADGE_MAX else str(count)


def forecast_lines(told: Forecast, args: Mapping[str, str]) -> dict[str, Any]:
    """The forecast as the page shows it: horizons with their counts; for a chosen one hours, departments, cells."""
    chosen = int(args.get("red_in", "0") or 0)
    top = max(told.by_hour[:chosen], default=0) or 1
    return {
        "horizons": [
            {"hours": one, "count": told.within(one), "is_here": one == chosen,
             "url": show.link("/cases", args, red_in=None if one == chosen else str(one))}
            for one in sorted({*HORIZONS, *([chosen] if chosen else [])})
        ],
        "hours": [
            {"words": format_time(told.hour(index)[0], "HH:mm"), "count": count, "share": round(100 * count / top),
             "url": show.link("/cases", args, red_in=None, due_from=told.hour(index)[0].isoformat(timespec="minutes"),
                              due_to=told.hour(index)[1].isoformat(timespec="minutes"))}
            for index, count in enumerate(told.by_hour[:chosen])
        ],
        "departments": [
            {"words": DepartmentNames().get(name, name) if name else str(_("no department")), "count": count,
             "url": show.link("/cases", args, department=name) if name else None}
            for name, count in told.by_department[:6]
        ],
        "cells": [
            {"words": code, "count": count, "url": show.link("/cases", args, cell=code)}
            for code, count in told.by_cell[:6]
        ],
    }  # fmt: skip


def act_name(act: Act) -> str:
    """What the city calls an act."""
    return label(KIND, f"acts.{act.name}")


def open_count(counts: Mapping[str, int]) -> int:
    """How many of the counted are open."""
    return sum(counts.get(one.value, 0) for one in OPEN_STATUSES)
