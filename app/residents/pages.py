"""The pages of residents: masked list and look-up, one person with the form that opens the record, one building."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from pydantic import ValidationError

from app.accounts.session import current_viewer
from app.errors import words_of
from app.residents import dwellings, queries
from app.residents.opening import open_person
from app.residents.schemas import Opening, PersonSearch, ResidentQuery
from app.residents.words import ENTRIES, KINDS, PURPOSES, SEXES, USES
from app.web.area_choice import area_choices
from app.web.named import moment, name_of, named
from gis.db import transaction
from gis.errors import InvalidInput

bp = Blueprint("residents", __name__, template_folder="templates")
WORDS: dict[str, Any] = {
    "SEXES": SEXES,
    "KINDS": KINDS,
    "USES": USES,
    "PURPOSES": PURPOSES,
    "ENTRIES": ENTRIES,
    "moment": moment,
    "name_of": name_of,
    "named": named,
}
FILTERS = ("q", "area", "building_id", "dwelling_id", "kind", "after")


@bp.get("/residents")
def list_residents() -> Response:
    """Residents by address, masked."""
    given = {name: request.args[name] for name in FILTERS if request.args.get(name)}
    try:
        query = ResidentQuery.model_validate(given)
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        raise InvalidInput("The filter {name} can't be read.", field=field, name=field) from error
    with transaction() as db:
        found = queries.find(db, current_viewer(), query)
        areas = area_choices(db, current_viewer())
    return _private(
        render_template(
            "residents/list.html",
            found=found,
            areas=areas,
            chosen=request.args,
            is_filtered=any(name in given for name in FILTERS[:-1]),
            **WORDS,
        )
    )


@bp.post("/residents/search")
def post_search() -> Response:
    """Persons by name or whole number, masked. What was typed is not shown again: it may be a number."""
    problem, found = None, None
    try:
        given = PersonSearch(q=request.form.get("q", "")[:100])
        with transaction() as db:
            found = queries.search(db, current_viewer(), given)
    except InvalidInput as error:
        problem = words_of(error)
    with transaction() as db:
        areas = area_choices(db, current_viewer())
    page = render_template(
        "residents/list.html", found=found, areas=areas, chosen={}, is_search=True, problem=problem, **WORDS
    )
    return _private(page, 200 if problem is None else 422)


@bp.get("/residents/<int:person_id>")
def show_resident(person_id: int) -> Response:
    """One person, masked, with residences and history."""
    return _person(person_id)


@bp.post("/residents/<int:person_id>/open")
def post_open(person_id: int) -> Response:
    """The same page with the whole record in it, once; loading it again shows it masked."""
    viewer = current_viewer()
    try:
        given = Opening.model_validate(
            {"purpose": request.form.get("purpose", ""), "note": request.form.get("note", "")[:200]}
        )
    except ValidationError:
        return _person(person_id, problem=words_of(InvalidInput("Choose what for.")))
    try:
        with transaction() as db:
            opened = open_person(db, viewer, person_id, given)
    except InvalidInput as error:
        return _person(person_id, problem=words_of(error))
    return _person(person_id, opened=opened, purpose=given.purpose)


@bp.get("/buildings/<int:building_id>")
def show_building(building_id: int) -> Response:
    """A building's dwellings by floor, with head counts."""
    with transaction() as db:
        found = dwellings.of_building(db, current_viewer(), building_id)
    floors = [(floor, list(rooms)) for floor, rooms in groupby(found["items"], key=lambda one: one["floor"])]
    return _private(render_template("residents/building.html", found=found, floors=floors, **WORDS))


def _person(
    person_id: int, *, opened: dict[str, Any] | None = None, purpose: str = "", problem: str | None = None
) -> Response:
    viewer = current_viewer()
    with transaction() as db:
        person = queries.read(db, viewer, person_id)
        log = queries.history(db, viewer, person_id)
    page = render_template(
        "residents/person.html",
        person=person,
        log=log,
        opened=opened,
        purpose=purpose,
        problem=problem,
        may_open=viewer.may("residents.open"),
        **WORDS,
    )
    return _private(page, 200 if problem is None else 422)


def _private(page: str, status: int = 200) -> Response:
    """A page that no cache and no history keeps."""
    answer = make_response(page, status)
    answer.headers["Cache-Control"] = "no-store"
    return answer
