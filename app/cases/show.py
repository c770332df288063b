"""Cases in words: what templates print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask_babel import format_datetime, format_timedelta
from flask_babel import gettext as _
from sqlalchemy import Row

from app.cases import suggestions
from app.cases.kind import KIND
from app.cases.models import OPEN_STATUSES, CasePhoto, CaseWarning
from app.cases.visible import clock_of
from app.cases.words import CLOCKS, KINDS, LOCATED, SOURCES, STATUSES
from app.web.city import DepartmentNames, department_name
from app.web.named import named
from app.workflow.labels import is_own, label, said
from app.workflow.moves import BEGUN
from grid.located import LocatedBy

AFTER_WORK = ("done", "self_handled", "checked", "rework")  # their photos show what became of it


def moment(at: datetime | None, now: datetime) -> dict[str, str] | None:
    """A moment for ``<time>``: machine form, how long ago or ahead, and the exact time for hovering."""
    if at is None:
        return None
    return {
        "iso": at.isoformat(),
        "ago": format_timedelta(at - now, add_direction=True),
        "exact": str(format_datetime(at, "medium")),
    }


def area_words(row: Row[Any]) -> str:
    """The finest area and the one above it."""
    parts = [named(row.street_zh, row.street_en), named(row.area_zh, row.area_en)]
    return "\N{NO-BREAK SPACE}· ".join(part for part in parts if part) or str(row.area_code)


def where(row: Row[Any]) -> str:
    """The address that people know, else the area; a stand-in point has no address of its own."""
    if row.located_by == LocatedBy.DEFAULT:
        return area_words(row)
    return named(row.address_zh, row.address_en) or area_words(row)


def clock_words(clock: str | None, due_at: datetime | None, now: datetime) -> str:
    """How much of the limit is left, or by how much it is over."""
    if clock is None or due_at is None:
        return ""
    span = format_timedelta(abs(due_at - now))
    return str(_("{span} over") if clock == "overdue" else _("{span} left")).format(span=span)


def line(row: Row[Any], now: datetime) -> dict[str, Any]:
    """A case as a row of a list."""
    is_open = row.status in OPEN_STATUSES
    clock = clock_of(row.yellow_at, row.due_at, is_open, now)
    return {
        "id": row.id, "number": row.number, "url": f"/cases/{row.number}",
        "what": named(row.class_zh, row.class_en), "major": named(row.major_zh, row.major_en),
        "class_code": row.class_code, "kind": row.kind.value, "kind_words": KINDS[row.kind],
        "description": row.description, "where": where(row), "area": area_words(row),
        "status": row.status.value, "status_words": STATUSES[row.status], "is_open": is_open,
        "clock": clock, "clock_words": clock_words(clock, row.due_at, now), "source_words": SOURCES[row.source],
        "reported": moment(row.reported_at, now), "due": moment(row.due_at, now), "closed": moment(row.closed_at, now),
        "was_on_time": row.is_on_time, "department": row.department,
        "department_words": department_name(row.department),
        "is_located": row.located_by != LocatedBy.DEFAULT, "located_words": LOCATED[row.located_by],
        "thumbnail": f"/photos/{row.photo_key}/thumbnail" if row.photo_key else None,
        "lon": row.lon, "lat": row.lat, "is_generated": row.is_generated,
    }  # fmt: skip


def past(history: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """The history, newest first, each line with its words."""
    return [
        one | {"words": _("Cells were redrawn") if one["kind"] == "relocated" else act_words(one),
               "at": moment(one["at"], now), "status": one.get("to_status", ""), "result": _result(one),
               "routed": suggestions.told(one.get("answers") or {}, DepartmentNames())}
        for one in reversed(history)
    ]  # fmt: skip


def with_photos(past: list[dict[str, Any]], photos: Sequence[CasePhoto]) -> list[dict[str, Any]]:
    """The history with the photos of each step; a step after the work stands beside what it looked like before."""
    before = [one for one in photos if one.move_id is None]
    by_move: dict[int, list[CasePhoto]] = {}
    for one in photos:
        if one.move_id is not None:
            by_move.setdefault(one.move_id, []).append(one)
    return [
        line
        | {"photos": before if line.get("act") == BEGUN else by_move.get(line.get("id", 0), []),
           "before": before[:1] if line.get("act") in AFTER_WORK and line.get("id") in by_move else []}
        for line in past
    ]  # fmt: skip


def act_words(one: Mapping[str, Any]) -> str:
    """What a move did, as the city calls it."""
    name = str(one["act"])
    if name.startswith("undo_"):
        return str(_("Taken back: {act}")).format(act=act_words({"act": name.removeprefix("undo_")}))
    if name == BEGUN:
        return str(_("Case reported"))
    act = KIND.act(name)
    if act is None:
        return label(KIND, f"states.{one['to_status']}")
    return said(act.did) if act.did and not is_own(KIND, f"acts.{name}") else label(KIND, f"acts.{name}")


def warnings(found: Sequence[CaseWarning], now: datetime) -> list[dict[str, Any]]:
    """Warnings and levels of a case in words."""
    return [
        {"words": _warned(one), "told": one.told, "is_alert": one.is_alert, "at": moment(one.at, now),
         "due": moment(one.due_at, now)}
        for one in found
    ]  # fmt: skip


def _warned(one: CaseWarning) -> str:
    """What a warning says."""
    if one.step in ("yellow", "red"):
        return str(_("Turned yellow: due soon") if one.step == "yellow" else _("Turned red: overdue"))
    hours, level = f"{one.after_h:g}", one.step.removeprefix("level_")
    return str(_("Level {level}: {hours} h overdue")).format(level=level, hours=hours)


def _result(one: Mapping[str, Any]) -> str:
    """The answer to a task in words; empty where there is none."""
    act = KIND.act(str(one.get("act")))
    field = act.field("result") if act else None
    value = (one.get("answers") or {}).get("result")
    return said(field.choices[value]) if field and value in field.choices else ""


def clock_choices() -> dict[str, str]:
    """Names of the clock's three states."""
    return {name: str(words) for name, words in CLOCKS.items()}


def link(path: str, args: Mapping[str, str], **changes: str | None) -> str:
    """The address of a list with some filters changed (None or empty: taken away); paging starts anew."""
    kept = {name: value for name, value in args.items() if name != "after"} | changes
    query = urlencode({name: value for name, value in kept.items() if value}, safe=",:")
    return f"{path}?{query}" if query else path


def map_link(layer: str, args: Mapping[str, str], fields: Mapping[str, str]) -> str:
    """The map with the same rows: `fields` names the layer's field for each filter that it has too."""
    query = {"layer": layer, "on": f"areas,{layer}"}
    query |= {target: args[name] for name, target in fields.items() if args.get(name)}
    return "/map?" + urlencode(query, safe=",:")


def map_place(layer: str, row_id: int, lon: float, lat: float) -> str:
    """The map at one record, selected."""
    return f"/map?c={lon:.5f},{lat:.5f}&z=17&layer={layer}&sel={layer}:{row_id}"


def short(span: timedelta) -> str:
    """A span of time in a word or two."""
    return str(format_timedelta(span))
