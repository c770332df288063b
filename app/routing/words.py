"""Routing in words: what a rule asks, why it fits or not, who chose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.clocks.show import weekday_names
from app.routing.references import References
from app.routing.rules import Rule
from app.routing.service import CLASS, CONDITION, RULE, Decision, Tried
from app.web.named import named
from layers.layer import Words

CRITERIA: dict[str, Words] = {
    "class": _l("class"),
    "area": _l("area"),
    "polygon": _l("drawn area"),
    "hours": _l("hours"),
    "weekdays": _l("weekday"),
    "days": _l("days"),
    "owner": _l("who is in charge of the component"),
    "source": _l("source"),
}
SOURCES: dict[str, Words] = {
    "inspector": _l("Inspector"),
    "hotline": _l("Hotline"),
    "public": _l("The public"),
    "sensor": _l("Sensor"),
    "video": _l("Video"),
    "department": _l("Department"),
    "import": _l("Imported"),
}


def _joined(names: tuple[str, ...]) -> str:
    return ", ".join(str(CRITERIA[name]) for name in names)


def verdict(found: Decision) -> str:
    """Why a case goes where it goes, in one sentence."""
    if found.by == RULE:
        if not found.name:
            return str(_("Rule {position} fits.")).format(position=found.position)
        return str(_("Rule {position} {name} fits.")).format(position=found.position, name=found.name)
    if found.by == CONDITION:
        return str(_("No rule fits: the department of its filing condition."))
    if found.by == CLASS:
        return str(_("No rule fits: the department of its class."))
    return str(_("No rule fits, and neither condition nor class names a department."))


def tried_words(one: Tried) -> str:
    """Why a rule fits a case or not."""
    if one.failed:
        return str(_("Does not fit: {criteria}.")).format(criteria=_joined(one.failed))
    if one.met:
        return str(_("Fits: {criteria}.")).format(criteria=_joined(one.met))
    return str(_("Fits every case."))


def reason_of(kept: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """What the move of a dispatch kept, in words."""
    suggested = names.get(str(kept.get("suggested")), kept.get("suggested") or "")
    if kept.get("overridden"):
        return str(_("chosen by hand; the rules said {department}")).format(department=suggested)
    if kept.get("by") == RULE:
        return str(_("by rule {position} {name}, version {version}")).format(
            position=kept.get("position"), name=kept.get("rule", ""), version=kept.get("version")
        )
    if kept.get("by") == CONDITION:
        return str(_("by its filing condition"))
    if kept.get("by") == CLASS:
        return str(_("by its class"))
    return str(_("chosen by hand; no rule fitted"))


def summary(rule: Rule, ref: References) -> list[tuple[str, str]]:
    """What a rule asks, criterion by criterion, in words."""
    found: list[tuple[Words, str]] = []
    if rule.classes:
        found.append((_("Class"), _few([_class(key, ref) for key in rule.classes])))
    if rule.areas:
        found.append((_("Area"), _few([named(*ref.areas[one]) if one in ref.areas else one for one in rule.areas])))
    if rule.polygon is not None:
        found.append((_("Drawn area"), _("a polygon")))
    if rule.hours:
        found.append((_("Hours"), ", ".join(rule.hours)))
    if rule.weekdays:
        week = weekday_names()
        found.append((_("Weekdays"), ", ".join(str(week[one - 1]) for one in sorted(rule.weekdays))))
    if rule.from_on or rule.to_on:
        found.append((_("Days"), f"{rule.from_on or ''} – {rule.to_on or ''}"))
    if rule.owners:
        owners = [named(*ref.departments[one]) if one in ref.departments else one for one in rule.owners]
        found.append((_("In charge of the component"), _few(owners)))
    if rule.sources:
        found.append((_("Source"), ", ".join(str(SOURCES[one]) for one in rule.sources)))
    return [(str(title), text) for title, text in found]


def _class(key: str, ref: References) -> str:
    ids = ref.below.get(key)
    line = next((ref.classes[one] for one in ids or () if ref.classes[one].key == key), None)
    return f"{line.code} {named(line.name_zh, line.name_en)}" if line else key


FEW = 4


def _few(texts: list[str]) -> str:
    if len(texts) <= FEW:
        return ", ".join(texts)
    more = str(_("{texts} and {count} more"))
    return more.format(texts=", ".join(texts[:FEW]), count=len(texts) - FEW)
