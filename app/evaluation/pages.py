"""The pages of the evaluation. They work without scripts; every choice is in the address."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from app.accounts.session import current_viewer
from app.cases import queries as cases
from app.cases import show as case_show
from app.evaluation import asked as asking
from app.evaluation import choropleth, figures, indicators, show, words
from app.evaluation.asked import Asked
from app.evaluation.figures import NOTHING
from app.evaluation.indicators import INDICATORS
from app.evaluation.names import names_of
from app.evaluation.periods import KINDS, of_day
from app.evaluation.ranking import ranked
from app.organisation import service as organisation
from app.web import paging
from app.web.area_choice import area_choices
from app.web.city import DepartmentNames
from app.web.named import named
from gis.db import transaction
from grid.reach import Viewer

bp = Blueprint("evaluation", __name__, template_folder="templates")
PAGE = 50
TREND = 12
RANKED_MAX = 300  # rows of a ranking that a page shows; cells may be tens of thousands
HERE = "/evaluation"


def args() -> dict[str, str]:
    """What the address asks for, without what is empty."""
    return {name: value.strip() for name, value in request.args.items() if name in show.KEPT and value.strip()}


def question(db: Session, viewer: Viewer, given: dict[str, str], **more: str) -> Asked:
    """The question of the address; `from` and `to` are own days."""
    own = request.args.get("from", "").strip(), request.args.get("to", "").strip()
    if all(own) and given.get("period", "days") == "days":
        given["period"] = f"{own[0]}..{own[1]}"
    return asking.read(db, viewer, **({name: given[name] for name in given if name != "indicator"} | more))


def frame(db: Session, viewer: Viewer, asked: Asked, given: dict[str, str], tab: str) -> dict[str, Any]:
    """What stands on every page: the period and its neighbours, what it may be narrowed to, the tabs."""
    today = asked.now.astimezone(asked.zone).date()
    path = f"{HERE}/{tab}" if tab else HERE
    day = min(asked.period.first, today) if asked.period.first <= today else asked.period.first
    last = min(today, asked.period.end) if asked.period.first <= today else day
    inside = last if asked.period.first <= last < asked.period.end else asked.period.first
    return {
        "tab": tab, "path": path, "asked": asked, "given": given, "words": words,
        "period_words": words.period(asked.period), "now": asked.now,
        "before": show.link(path, given, period=asked.period.before().code),
        "after": show.link(path, given, period=asked.period.after().code),
        "periods": [(kind, words.PERIODS[kind], show.link(path, given, period=of_day(kind, inside).code))
                    for kind in KINDS],
        "areas": area_choices(db, viewer), "departments": DepartmentNames(), "indicators": INDICATORS.values(),
        "link": lambda where, **changes: show.link(where, given, **changes),
        "may_read": viewer.may("evaluation.read"), "may_people": viewer.may("evaluation.people"),
        "may_edit": viewer.may("evaluation.edit"), "levels": asking.levels(db), "narrows": show.NARROWS,
        "post_name": named(*organisation.post_names(db, [asked.post]).get(asked.post, (asked.post, asked.post))),
    }  # fmt: skip


@bp.get("/evaluation")
def overview() -> str:
    """Every indicator of a period beside the period before."""
    viewer, given = current_viewer(), args()
    with transaction() as db:
        asked = question(db, viewer, given, by="", level="")
        now = figures.whole(db, viewer, asked, INDICATORS.values())
        before = figures.whole(db, viewer, asked.at(asked.period.before()), INDICATORS.values())
        lines = [show.row(one, now, before, asked, given) for one in INDICATORS.values()]
        context = frame(db, viewer, asked, given, "")
    shown = [one for one in lines if one is not None]
    return render_template(
        "evaluation/overview.html", lines=[one for one in shown if not one["missing"]],
        missing=[one for one in shown if one["missing"]], before_words=words.period(asked.period.before()), **context,
    )  # fmt: skip


@bp.get("/evaluation/ranking")
def ranking() -> str:
    """Areas, departments or inspectors by one indicator, with bands; few cases get no rank."""
    viewer, given = current_viewer(), args()
    given.setdefault("by", "area" if viewer.may("evaluation.read") else "inspector")
    one = show.chosen(given.get("indicator", ""))
    with transaction() as db:
        asked = question(db, viewer, given)
        table = figures.by_object(db, viewer, asked, [one])
        rows = ranked(one, {key: row.get(one.code, NOTHING) for key, row in table.items()})
        names = names_of(db, viewer, asked, table)
        total = figures.whole(db, viewer, asked, [one]).get(one.code, NOTHING)
        context = frame(db, viewer, asked, given, "ranking")
    return render_template(
        "evaluation/ranking.html", one=one, cut=max(0, len(rows) - RANKED_MAX),
        rows=[{"name": names[row.key], "rank": row.rank} | show.cell(one, row.figure, asked, given, row.key)
              for row in rows[:RANKED_MAX]],
        total=show.cell(one, total, asked, given), missing=_why_missing(one, asked), **context,
    )  # fmt: skip


def _why_missing(one: indicators.Indicator, asked: Asked) -> str:
    """Why an indicator has no figures here; nothing where it may have."""
    line = show.row(one, {one.code: NOTHING}, {}, asked, {})
    if line and line["missing"]:
        return str(line["missing"])
    by_person = asked.by == "inspector" or asked.person is not None
    return "person" if by_person and not one.source and one.base.person is None else ""


@bp.get("/evaluation/trend")
def trend() -> str:
    """One indicator over the last twelve periods of a kind."""
    viewer, given = current_viewer(), args()
    one = show.chosen(given.get("indicator", ""))
    with transaction() as db:
        asked = question(db, viewer, given, by="", level="")
        periods = asked.period.with_before(TREND)
        found = [(p, figures.whole(db, viewer, asked.at(p), [one]).get(one.code, NOTHING)) for p in periods]
        lines = [{"period": words.period(p), "code": p.code} | show.cell(one, f, asked.at(p), given)
                 for p, f in found]  # fmt: skip
        context = frame(db, viewer, asked, given, "trend")
    points = [None if f.ratio is None else float(words.hundredths(f.ratio)) for _p, f in found]
    return render_template(
        "evaluation/trend.html", one=one, lines=lines, missing=_why_missing(one, asked),
        chart={"name": one.name, "periods": [p.code for p, _f in found], "points": points,
               "counts": [[f.numerator, f.denominator] for _p, f in found],
               "good": one.good * 100, "pass": one.passes * 100}, **context,
    )  # fmt: skip


@bp.get("/evaluation/map")
def show_map() -> str:
    """One indicator by area in five classes; what has no figure is hatched, zero is a class of its own."""
    viewer, given = current_viewer(), args()
    viewer.require("evaluation.read")
    one = show.chosen(given.get("indicator", ""))
    with transaction() as db:
        asked = question(db, viewer, given, by="area")
        given["level"] = asking.CELL if asked.by == asking.CELL else asked.level
        made = choropleth.of_indicator(db, viewer, asked, one)
        cells = {
            shape.key: show.cell(one, made.figures.get(shape.key, NOTHING), asked, given, shape.key)
            for shape in made.drawing.shapes
        }
        context = frame(db, viewer, asked, given, "map")
    return render_template("evaluation/map.html", one=one, made=made, cells=cells, missing=_why_missing(one, asked),
                           **context)  # fmt: skip


@bp.get("/evaluation/cases")
def show_cases() -> str:
    """The very cases that a figure counts."""
    viewer, given = current_viewer(), args()
    one = indicators.get(given.get("indicator", ""))
    part = "numerator" if request.args.get("part") == "numerator" else "denominator"
    with transaction() as db:
        asked = question(db, viewer, given, by="", level="")
        figure = figures.whole(db, viewer, asked, [one]).get(one.code, NOTHING)
        rows, counted_cells = [], None
        picked = figures.picked(db, viewer, asked, one, numerator=part == "numerator")
        if picked is not None:
            after = paging.decode(request.args["after"]) if request.args.get("after") else ()
            rows = cases.page_of(db, viewer, picked, limit=PAGE + 1, after=after)
        else:
            counted_cells = _cells_of(db, viewer, asked, one, part)
        items = [case_show.line(row, asked.now) for row in rows[:PAGE]]
        context = frame(db, viewer, asked, given, "cases")
        name = ""
        if asked.person is not None:
            name = names_of(db, viewer, Asked(asked.period, asked.zone, asked.now, "inspector"), [str(asked.person)])[
                str(asked.person)
            ]
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    more = show.link("/evaluation/cases", given, part=part,
                     after=paging.encode([last.reported_at, last.id])) if last else None  # fmt: skip
    return render_template(
        "evaluation/cases.html", one=one, part=part, items=items, more=more, person_name=name, cells=counted_cells,
        count=figure.numerator if part == "numerator" else figure.denominator,
        figure=show.cell(one, figure, asked, given), is_paged=bool(request.args.get("after")), **context,
    )  # fmt: skip


def _cells_of(
    db: Session, viewer: Viewer, asked: Asked, one: indicators.Indicator, part: str
) -> list[tuple[str, bool]]:
    """The unit cells that a figure counts, each with whether it belongs to the numerator."""
    if asked.person is not None:  # one's own cells are told as a sum: which of them stands on the patrols' page
        return []
    table = figures.by_object(db, viewer, replace(asked, by=asking.CELL), [one])
    found = [(code, bool(row[one.code].numerator)) for code, row in sorted(table.items())]
    return [cell for cell in found if cell[1] or part == "denominator"]
