"""What the pages of scenarios print: figures with their units, changes in words."""

from __future__ import annotations

from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _

from app.scenarios.words import MEASURES, Measure
from app.web.named import named

NOT_SAID = "–"


def written(measure: Measure, value: float | int | None, unit: str, *, signed: bool = False) -> str:
    """A figure as people read it; `unit` is that of costs."""
    if value is None:
        return NOT_SAID
    sign = "+" if signed and value > 0 else ""
    if measure.kind == "area":
        return f"{sign}{format_decimal(value / 1e6, '#,##0.000')} km²"
    if measure.kind == "length":
        return f"{sign}{format_decimal(value / 1e3, '#,##0.00')} km"
    if measure.kind == "cost":
        digits, word = ("#,##0.0", _("min")) if unit == "min" else ("#,##0", "m")
        return f"{sign}{format_decimal(value, digits)} {word}"
    return f"{sign}{format_decimal(value, '#,##0' if measure.kind == 'count' else '0.00')}"


def measure_rows(told: dict[str, Any], unit: str) -> list[dict[str, Any]]:
    """The lines of the table: title, before, after, difference, and whether it is better or worse."""
    rows = []
    for one in told.get("measures", []):
        measure = MEASURES[one["name"]]
        by = one["difference"]
        rows.append({
            "name": one["name"], "title": measure.title, "before": written(measure, one["before"], unit),
            "after": written(measure, one["after"], unit), "difference": written(measure, by, unit, signed=True),
            "way": way(measure, by),
        })  # fmt: skip
    return rows


def way(measure: Measure, by: float | int | None) -> str:
    """``better``, ``worse``, or nothing where it stays or can't be said."""
    if not by or measure.better is None or abs(by) < 1e-9:
        return ""
    return "better" if (by > 0) == (measure.better == "more") else "worse"


def change_words(one: dict[str, Any], names: dict[int, str]) -> str:
    """A change as a sentence."""
    place = f"{one['at'][1]:.5f}, {one['at'][0]:.5f}" if "at" in one else ""
    facility = names.get(one.get("facility", 0), str(one.get("facility", "")))
    if one["do"] == "add":
        return str(_("Add %(name)s at %(place)s", name=one["name"] or _("a facility"), place=place))
    if one["do"] == "move":
        return str(_("Move %(name)s to %(place)s", name=facility, place=place))
    if one["do"] == "remove":
        return str(_("Take %(name)s away", name=facility))
    if one["do"] == "close":
        return str(_("Close the road at %(place)s", place=place))
    return str(_("Unit cell %(code)s goes to duty cell %(to)s", code=one["unit_cell"], to=one["to"]))


def name_of(zh: str, en: str, number: int | None) -> str:
    """A facility in the reader's words."""
    return named(zh, en) or (f"#{number}" if number else _("a facility"))


def compared_rows(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines of the table of several scenarios. Units of costs follow each one's settings."""
    units = [one["settings"]["unit"] for one in told["scenarios"]]
    rows = []
    for one in told["measures"]:
        measure = MEASURES[one["name"]]
        cells = [
            {"before": written(measure, was, unit), "after": written(measure, now, unit),
             "difference": written(measure, by, unit, signed=True), "way": way(measure, by)}
            for was, now, by, unit in zip(one["before"], one["after"], one["difference"], units, strict=True)
        ]  # fmt: skip
        rows.append({"title": measure.title, "cells": cells})
    return rows
