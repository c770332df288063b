"""The pages of facilities: the list with its kinds, and one facility."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request
from pydantic import ValidationError

from app.accounts.session import current_viewer
from app.facilities import queries
from app.facilities.layers import COLOURS, SHAPES
from app.facilities.schemas import FacilityQuery
from app.facilities.words import ENTRIES, KINDS
from app.web.area_choice import area_choices
from app.web.named import moment, name_of, named
from gis.db import transaction
from gis.errors import InvalidInput

bp = Blueprint("facilities", __name__, template_folder="templates")
SIGNS = {"circle": "●", "square": "■", "triangle": "▲", "diamond": "◆"}
MARKS = {str(kind): SIGNS[SHAPES[kind]] for kind in COLOURS}
WORDS: dict[str, Any] = {
    "KINDS": KINDS,
    "ENTRIES": ENTRIES,
    "MARKS": MARKS,
    "moment": moment,
    "name_of": name_of,
    "named": named,
}


@bp.get("/facilities")
def list_facilities() -> str:
    """Facilities in reach, with filters in the address and counts by kind."""
    given = {name: request.args[name] for name in ("kind", "area", "q", "after") if request.args.get(name)}
    try:
        query = FacilityQuery.model_validate(given)
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        raise InvalidInput("The filter {name} can't be read.", field=field, name=field) from error
    viewer = current_viewer()
    with transaction() as db:
        found = queries.find(db, viewer, query)
        counts = queries.kind_counts(db, viewer, query)
        areas = area_choices(db, viewer)
    return render_template(
        "facilities/list.html",
        found=found,
        counts=counts,
        areas=areas,
        chosen=request.args,
        is_filtered=any(given.get(name) for name in ("kind", "area", "q")),
        **WORDS,
    )


@bp.get("/facilities/<int:facility_id>")
def show_facility(facility_id: int) -> str:
    """One facility with its history."""
    viewer = current_viewer()
    with transaction() as db:
        facility = queries.read(db, viewer, facility_id)
        log = queries.history(db, viewer, facility_id)
    return render_template("facilities/facility.html", facility=facility, log=log, **WORDS)
