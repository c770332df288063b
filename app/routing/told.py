"""Replays and reports in words: what templates print and the API answers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.cases import show
from app.routing import coverage
from app.routing.forms import ReplayAsked
from app.routing.models import RuleSetStatus
from app.routing.references import References
from app.routing.replay import Replay, cases_of
from app.routing.rules import Rule
from app.web.city import department_name
from app.web.named import named
from grid.reach import Viewer
from layers.layer import Words

STATUSES: dict[RuleSetStatus, Words] = {
    RuleSetStatus.DRAFT: _l("draft"),
    RuleSetStatus.ACTIVE: _l("in force"),
    RuleSetStatus.RETIRED: _l("retired"),
}


def lines(played: Replay) -> list[dict[str, Any]]:
    """One line a rule, the cases that none fits last."""
    return [
        {
            "position": one.position, "cases": one.cases, "elsewhere": one.elsewhere, "unsent": one.unsent,
            "name": rule_name(played.rules, one.position),
            "department": department_name(played.rules[one.position - 1].department) if one.position else "",
        }
        for one in played.lines()
    ]  # fmt: skip


def rule_name(rules: Sequence[Rule], position: int) -> str:
    """What a rule is called: its name, else whom it answers."""
    if not position:
        return str(_("No rule fits"))
    rule = rules[position - 1]
    return rule.name or department_name(rule.department)


def elsewhere(played: Replay) -> int:
    """How many cases would have gone to another department than they did."""
    return int(played.frame["is_elsewhere"].sum()) if played.count else 0


def opened(db: Session, viewer: Viewer, played: Replay, asked: ReplayAsked, ref: References, limit: int) -> Any:
    """One rule's cases by class, and the newest of them as lines with where each would have gone."""
    now = datetime.now(UTC)
    position = asked.rule if asked.rule is not None and asked.rule <= len(played.rules) else 0
    classes = [
        {"id": one.class_id, "cases": one.cases, "elsewhere": one.elsewhere, "name": class_name(ref, one.class_id)}
        for one in played.classes(position)
    ]
    count, ids, would = played.picked(
        position, class_id=asked.class_id, only_elsewhere=asked.only_elsewhere, limit=limit
    )
    rows = [
        show.line(row, now) | {
            "would": department_name(would[row.id]),
            "on_map": show.map_place("cases", row.id, row.lon, row.lat),
        }
        for row in cases_of(db, viewer, ids)
    ]  # fmt: skip
    return {
        "position": position, "name": rule_name(played.rules, position), "classes": classes, "rows": rows,
        "count": count, "class_name": class_name(ref, asked.class_id) if asked.class_id else "",
    }  # fmt: skip


def class_name(ref: References, class_id: int) -> str:
    """A class by id with its code."""
    line = ref.classes.get(class_id)
    return f"{line.code} {named(line.name_zh, line.name_en)}" if line else str(class_id)


def reports(rules: Sequence[Rule], on: coverage.Ground, ref: References, areas_shown: int) -> dict[str, Any]:
    """What is unowned, by class and by the area above the finest; overlaps, shadowed and empty rules."""
    lengths = sorted({len(code) for code in ref.areas})
    wide = lengths[-2] if len(lengths) > 1 else None
    found = coverage.unowned(rules, on, area_digits=wide)
    dead = coverage.shadowed(rules, on)
    return {
        "pairs": found.pairs, "unowned": found.unowned, "sometimes": found.sometimes, "cells": len(on.cells),
        "classes": len(on.class_ids),
        "by_class": [
            {"id": key, "name": class_name(ref, key), "cells": n,
             "fallback": department_name(ref.classes[key].department)}
            for key, n in found.by_class
        ],
        "by_area": [
            {"code": code, "name": named(*ref.areas[code]) if code in ref.areas else code, "pairs": n}
            for code, n in found.by_area[:areas_shown]
        ],
        "areas": len(found.by_area),
        "overlaps": [
            {
                "first": one.first, "second": one.second, "cells": one.cells, "classes": one.classes,
                "first_name": rule_name(rules, one.first), "second_name": rule_name(rules, one.second),
                "is_shadowed": one.second in dead,
            }
            for one in coverage.overlaps(rules, on)
        ],
        "shadowed": [{"position": at, "name": rule_name(rules, at)} for at in dead],
        "empty": [{"position": at, "name": rule_name(rules, at)} for at in coverage.empty(rules, on)],
    }  # fmt: skip
