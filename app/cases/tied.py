"""What cases are tied to, and what they may be doubles of, as programs and pages read it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask_babel import format_timedelta, ngettext
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.cases import reading, show
from app.cases.doubles import Double, Doubles, reasons
from app.cases.models import OPEN_STATUSES
from app.cases.ties import Other, Ties
from app.cases.words import STATUSES


def as_json(ties: Ties, now: datetime) -> dict[str, Any]:
    """The ties of a case for programs."""
    return {
        "whole": _other(ties.whole), "merged_into": _other(ties.main), "is_part": ties.whole is not None,
        "parts": [reading.brief(row, now) for row in ties.parts],
        "merged": [reading.brief(row, now) for row in ties.merged],
        "also_reported_by": ties.people, "hidden": ties.hidden,
    }  # fmt: skip


def _other(one: Other | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {"number": one.number, "status": one.status.value, "is_open": one.status in OPEN_STATUSES}


def told(ties: Ties, now: datetime) -> dict[str, Any]:
    """The ties of a case for its page; `waits` says for how many parts a whole case waits."""
    parts = [show.line(row, now) for row in ties.parts]
    return {
        "whole": _told(ties.whole), "main": _told(ties.main), "parts": parts,
        "merged": [show.line(row, now) for row in ties.merged], "people": ties.people, "hidden": ties.hidden,
        "waits": sum(one["is_open"] for one in parts),
    }  # fmt: skip


def _told(one: Other | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {"number": one.number, "url": f"/cases/{one.number}" if one.is_seen else None, "status": one.status.value,
            "status_words": STATUSES[one.status]}  # fmt: skip


def doubles_json(found: Doubles, now: datetime) -> dict[str, Any]:
    """Candidates for programs, each with its score and the reasons."""
    return {
        "rule": {"radius_m": found.rule.radius_m, "hours": found.rule.hours, "weights": dict(found.rule.weights)},
        "items": [
            reading.brief(one.row, now) | {
                "distance_m": round(one.metres, 1), "hours_apart": round(one.hours, 1), "score": one.score,
                "is_likely": one.is_likely, "parts": {name: round(part, 3) for name, part in one.parts.items()},
                "reasons": reason_words(one),
            }
            for one in found.items
        ],
    }  # fmt: skip


def doubles_told(found: Doubles | None, now: datetime) -> list[dict[str, Any]]:
    """Candidates for a page."""
    return [
        show.line(one.row, now) | {
            "metres": round(one.metres), "percent": round(one.score * 100), "is_likely": one.is_likely,
            "reasons": reason_words(one),
        }
        for one in (found.items if found else ())
    ]  # fmt: skip


def reason_words(one: Double) -> list[str]:
    """Why a candidate may be a double, in the reader's words."""
    words = {
        "component": _("same component"), "class": _("same class"), "major": _("same major class"),
        "words": _("similar words ({share} %)").format(share=round(one.parts["words"] * 100)),
    }  # fmt: skip
    metres = round(one.metres)
    apart = format_timedelta(timedelta(hours=one.hours))
    return [
        *(str(words[name]) for name in reasons(one)),
        str(ngettext("%(n)s m away", "%(n)s m away", metres, n=metres)),
        str(_("reported {span} apart")).format(span=apart),
    ]


def posted_parts(form: MultiDict[str, str], name: str) -> list[dict[str, Any]]:
    """The rows of a form for parts, as the API takes them; rows without any entry are left out."""
    columns = [form.getlist(f"{name}_{one}") for one in ("department", "note", "condition_id")]
    rows = zip(*columns, strict=False) if columns[2] else ((*pair, "") for pair in zip(*columns[:2], strict=False))
    return [
        {"department": department, "note": note, "condition_id": condition_id}
        for department, note, condition_id in rows
        if department.strip() or note.strip()
    ]
