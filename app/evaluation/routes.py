"""The evaluation for programs."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from app.accounts.session import current_viewer
from app.evaluation import asked as asking
from app.evaluation import figures, indicators, show
from app.evaluation.figures import NOTHING
from app.evaluation.indicators import INDICATORS
from app.evaluation.names import names_of
from app.evaluation.ranking import ranked
from gis.db import transaction

TAG = Tag(name="evaluation", description="Indicators with numerator, denominator, period and formula version")
SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("evaluation_api", __name__, url_prefix="/api/v1/evaluation", abp_tags=[TAG], abp_security=SECURITY)


class FiguresQuery(BaseModel):
    """Which figures are asked for."""

    period: str = Field(
        default="month", max_length=24, description="2026, 2026-H1, 2026-Q3, 2026-11, 2026-W48, a day, first..last"
    )
    area: str = Field(default="", max_length=40, description="Code of an area, or the beginning of one")
    department: str = Field(default="", max_length=200)
    person: str = Field(default="", max_length=18, description="Id of an account")
    post: str = Field(default="", max_length=60, description="Code of a post")
    cell: str = Field(default="", max_length=40, description="Code of a unit cell")
    as_of: str = Field(default="", max_length=40, description="Only what was recorded until this moment")


class RankingQuery(FiguresQuery):
    """By which objects one indicator is told."""

    indicator: str = Field(default="closing_on_time", max_length=60)
    by: str = Field(default="area", max_length=20, description="area, department, post, inspector or cell")
    level: str = Field(default="", max_length=40, description="An area level of the city")


class TrendQuery(FiguresQuery):
    """Over how many periods one indicator is told."""

    indicator: str = Field(default="closing_on_time", max_length=60)
    count: int = Field(default=12, ge=1, le=60)


def _asked(query: FiguresQuery, db: Any, **more: str) -> Any:
    return asking.read(db, current_viewer(), period=query.period, area=query.area, department=query.department,
                       person=query.person, post=query.post, cell=query.cell, as_of=query.as_of, **more)  # fmt: skip


@api.get("/indicators")
def get_indicators() -> Response:
    """Every indicator: names, formula, version, bands, and whether this city counts it."""
    current_viewer().require("evaluation.own")
    return jsonify({"items": [show.describe(one) for one in INDICATORS.values()]})


@api.get("/figures")
def get_figures(query: FiguresQuery) -> Response:
    """Every indicator of a period, as far as the viewer's reach goes."""
    viewer = current_viewer()
    with transaction() as db:
        asked = _asked(query, db)
        found = figures.whole(db, viewer, asked, INDICATORS.values())
        return jsonify({"items": [show.as_json(INDICATORS[code], one, asked) for code, one in found.items()]})


@api.get("/ranking")
def get_ranking(query: RankingQuery) -> Response:
    """One indicator by area, department or inspector, the best first; no rank where cases are few."""
    viewer = current_viewer()
    one = indicators.get(query.indicator)
    with transaction() as db:
        asked = _asked(query, db, by=query.by, level=query.level)
        table = figures.by_object(db, viewer, asked, [one])
        names = names_of(db, viewer, asked, table)
        rows = ranked(one, {key: row.get(one.code, NOTHING) for key, row in table.items()})
        return jsonify({
            "items": [{"key": row.key, "name": names[row.key], "rank": row.rank} | show.as_json(one, row.figure, asked)
                      for row in rows]
        })  # fmt: skip


@api.get("/trend")
def get_trend(query: TrendQuery) -> Response:
    """One indicator over the periods up to the one asked for, the oldest first."""
    viewer = current_viewer()
    one = indicators.get(query.indicator)
    with transaction() as db:
        asked = _asked(query, db)
        found = [
            (at, figures.whole(db, viewer, at, [one]).get(one.code, NOTHING))
            for at in (asked.at(period) for period in asked.period.with_before(query.count))
        ]
        return jsonify({"items": [show.as_json(one, figure, at) for at, figure in found]})
