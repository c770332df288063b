"""What the routing pages send, read field by field."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from flask import request

from app.clocks.show import weekday_names
from app.routing.errors import RuleWrong
from app.routing.references import References
from app.web.named import named

BETWEEN = re.compile(r"[;；,，、\s]+")


def revision() -> int | None:
    """The draft's revision that the form was filled in on; None where there was no draft."""
    text = request.form.get("revision", "")
    return int(text) if text.isdecimal() and len(text) < 9 else None


def sent() -> dict[str, Any]:
    """The rule of this request's form."""
    form = request.form
    return {
        "name": form.get("name", ""), "classes": form.getlist("classes"),
        "areas": form.getlist("areas") + _split(form.get("more_areas", "")),
        "polygon": _polygon(form.get("polygon", "")),
        "hours": _split(form.get("hours", "")), "weekdays": [one for one in form.getlist("weekdays") if one],
        "from_on": form.get("from_on", ""), "to_on": form.get("to_on", ""), "owners": form.getlist("owners"),
        "sources": form.getlist("sources"), "department": form.get("department", ""), "team": form.get("team", ""),
    }  # fmt: skip


def _split(text: str) -> list[str]:
    return [one for one in BETWEEN.split(text) if one]


def _polygon(text: str) -> Any:
    """GeoJSON as typed; what is no JSON stays a text, so that nothing typed is lost."""
    if not text.strip():
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return text
    if isinstance(found, dict) and found.get("type") == "Feature":
        return found.get("geometry")
    return found


def check_polygon(given: dict[str, Any]) -> None:
    """RuleWrong for a polygon that is no JSON object."""
    if given["polygon"] is not None and not isinstance(given["polygon"], dict):
        raise RuleWrong("The polygon is no GeoJSON geometry.", field="polygon")


def polygon_text(given: Any) -> str:
    """A polygon as the form shows it."""
    if given is None:
        return ""
    return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)


def weekdays() -> list[tuple[str, str]]:
    """Monday to Sunday: number and name."""
    return [(str(number), name) for number, name in enumerate(weekday_names(), 1)]


def class_groups(ref: References) -> list[tuple[tuple[str, str], list[tuple[str, str]]]]:
    """The classes in use: each major (key, name) with its minors."""
    groups: dict[int, tuple[tuple[str, str], list[tuple[str, str]]]] = {}
    for line in ref.classes.values():
        if not line.is_usable:
            continue
        entry = (line.key, f"{line.code} {named(line.name_zh, line.name_en)}")
        if line.parent_id is None:
            groups.setdefault(line.id, (entry, []))
        elif line.parent_id in groups:
            groups[line.parent_id][1].append(entry)
    return list(groups.values())


@dataclass(frozen=True)
class ReplayAsked:
    """What a replay is asked for: version, days, and which rule's cases are shown (0: those that none fits)."""

    version: str
    days: int
    rule: int | None
    class_id: int | None
    only_elsewhere: bool

    def args(self) -> dict[str, str]:
        """As the address holds it."""
        found = {"version": self.version, "days": str(self.days), "rule": "" if self.rule is None else str(self.rule)}
        found |= {"class": str(self.class_id or ""), "elsewhere": "1" if self.only_elsewhere else ""}
        return {name: value for name, value in found.items() if value}


def replay_asked(days: int, most: int) -> ReplayAsked:
    """The question of this request; what can't be read is left out."""
    args = request.args
    given_days = _number(args.get("days"))
    return ReplayAsked(
        args.get("version", "")[:12], given_days if given_days and given_days <= most else days,
        _number(args.get("rule")), _number(args.get("class")), args.get("elsewhere") == "1",
    )  # fmt: skip


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 16 else None
