"""The pages of scenarios: the list, one over its map, several beside each other. Forms work without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.accounts.session import current_viewer
from app.errors import status_of, words_of
from app.facilities.words import KINDS
from app.scenarios import comparing, inputs, service, showing, told
from app.scenarios.models import OPEN, Scenario, ScenarioState
from app.scenarios.routes import registry
from app.scenarios.words import STATES, STEPS
from app.web.named import named
from gis.db import transaction
from gis.errors import CityError, InvalidInput
from grid.reach import Viewer

bp = Blueprint("scenarios", __name__, url_prefix="/planning/scenarios", template_folder="templates")
PLACES_MAX = 2000


@bp.get("")
def list_scenarios() -> str:
    """One's own and those that others share."""
    return _list({}, None)


def _list(given: Mapping[str, Any], error: CityError | None) -> str:
    viewer = current_viewer()
    with transaction() as db:
        found = [(told.scenario(one, viewer), service.last_done(db, viewer, one)) for one in service.seen(db, viewer)]
        items = [one | {"ended_at": run.ended_at if run else None} for one, run in found]
    return render_template(
        "scenarios/list.html", items=items, given=given, kinds=KINDS, problem=words_of(error) if error else ""
    )


@bp.post("")
def create_scenario() -> Response | tuple[str, int]:
    """A new one, without changes yet."""
    viewer, form = current_viewer(), request.form
    try:
        settings = {"kind": form.get("kind", ""), **_going(form)}
        title = form.get("title", "").strip()[:200]
        if not title:
            raise InvalidInput("A scenario needs a name.", field="title")
        with transaction() as db:
            made = service.create(db, viewer, registry(), title, settings, [])
    except InvalidInput as error:
        return _list(form, error), status_of(error)
    return redirect(f"/planning/scenarios/{made.id}", 303)


def _going(form: Mapping[str, str]) -> dict[str, Any]:
    """How far one goes, by form; days that were left open are left out."""
    days = {name: form[name] for name in ("cases_from", "cases_to") if form.get(name)}
    return {
        "going": form.get("going", "foot"), "unit": form.get("unit", "m"), "limit": form.get("limit", ""),
        "towards": form.get("towards", "yes") == "yes", **days,
    }  # fmt: skip


@bp.get("/compare")
def compare_scenarios() -> str | tuple[str, int]:
    """Two to four beside each other."""
    viewer = current_viewer()
    try:
        numbers = [int(one) for one in request.args.getlist("ids") if one.isdigit() and len(one) < 19]
        with transaction() as db:
            found = comparing.compare(db, viewer, numbers)
    except InvalidInput as error:
        return _list({}, error), status_of(error)
    return render_template(
        "scenarios/compare.html", found=found, rows=showing.compared_rows(found), differ=told.titles(found["differ"])
    )


@bp.get("/<int:number>")
def show_scenario(number: int) -> str:
    """One over its map, with its last result or the one that the address names."""
    return _show(number)


def _show(
    number: int,
    given: Mapping[str, Any] | None = None,
    error: CityError | None = None,
    asked: Mapping[str, Any] | None = None,
) -> str:
    """`given` is what was typed as a change, `asked` as what is measured; the error is of that form."""
    viewer = current_viewer()
    with transaction() as db:
        found = service.get(db, viewer, number)
        context = _context(db, viewer, found)
    return render_template(
        "scenarios/scenario.html", given=given or {}, asked=asked, problem=words_of(error) if error else "",
        kinds=KINDS, states=STATES, steps=STEPS, **context,
    )  # fmt: skip


def _context(db: Session, viewer: Viewer, found: Scenario) -> dict[str, Any]:
    places = inputs.places(db, registry(), viewer, found.settings["kind"])
    names = {one.id: showing.name_of(one.name_zh, one.name_en, one.id) for one in places if one.id}
    runs = service.runs_of(db, viewer, found)
    done = [one for one in runs if one.state == ScenarioState.DONE]
    asked = request.args.get("run", "")
    run = next((one for one in done if str(one.id) == asked), done[0] if done else None)
    changed = service.stale(db, viewer, registry(), found, run)
    units = inputs.duties(db, viewer)[0].values()
    facts = told.scenario(found, viewer)
    return {
        "one": facts, "changes": [showing.change_words(one, names) for one in found.changes], "run": run,
        "rows": showing.measure_rows(run.told, run.settings["unit"]) if run else [],
        "cells": [one | {"name": named(one["name_zh"], one["name_en"])} for one in run.told["cells"]] if run else [],
        "stale": told.titles(changed or []), "runs": runs,
        "open": next((one for one in runs if one.state in OPEN), None),
        "failed": runs[0] if runs and runs[0].state == ScenarioState.FAILED else None,
        "duties": [(one.code, named(one.name_zh, one.name_en)) for one in units],
        "places": [{"id": one.id, "name": names[one.id], "at": one.at} for one in places if one.id][:PLACES_MAX],
    }  # fmt: skip


@bp.post("/<int:number>/settings")
def change_settings(number: int) -> Response | tuple[str, int]:
    """Measure otherwise; the form comes back with what was typed where it can't be."""
    form = request.form
    try:
        with transaction() as db:
            found = service.get(db, current_viewer(), number, own=True)
            kept = {"settings": {"kind": found.settings["kind"], **_going(form)}}
            service.change(db, current_viewer(), registry(), number, kept)
    except InvalidInput as error:
        return _show(number, error=error, asked=form), status_of(error)
    return redirect(f"/planning/scenarios/{number}", 303)


@bp.post("/<int:number>/changes")
def add_change(number: int) -> Response | tuple[str, int]:
    """One change more; the form comes back with what was typed where it can't be."""
    form = request.form
    try:
        with transaction() as db:
            found = service.get(db, current_viewer(), number, own=True)
            service.change(db, current_viewer(), registry(), number, {"changes": [*found.changes, _sent(form)]})
    except InvalidInput as error:
        return _show(number, form, error), status_of(error)
    return redirect(f"/planning/scenarios/{number}", 303)


def _sent(form: Mapping[str, str]) -> dict[str, Any]:
    """The change that the form holds; what it lacks is told by `declared`."""
    do = form.get("do", "")
    made: dict[str, Any] = {"do": do}
    if do in ("add", "move", "close"):
        if not (form.get("lon") and form.get("lat")):
            raise InvalidInput("Say where: click the map, find an address, or type the coordinates.", field="lon")
        made["at"] = [form["lon"], form["lat"]]
    if do in ("move", "remove"):
        made["facility"] = form.get("facility", "")
    if do == "add":
        made["name"] = form.get("name", "").strip()
    if do == "reassign":
        made |= {"unit_cell": form.get("unit_cell", "").strip(), "to": form.get("to", "")}
    return made


@bp.post("/<int:number>/changes/<int:at>/remove")
def remove_change(number: int, at: int) -> Response:
    """One change less, counted from 1."""
    with transaction() as db:
        found = service.get(db, current_viewer(), number, own=True)
        left = [one for place, one in enumerate(found.changes, 1) if place != at]
        service.change(db, current_viewer(), registry(), number, {"changes": left})
    return redirect(f"/planning/scenarios/{number}", 303)


@bp.post("/<int:number>/share")
def share_scenario(number: int) -> Response:
    """Let colleagues see it, or no longer."""
    with transaction() as db:
        given = {"is_shared": request.form.get("shared") == "yes"}
        service.change(db, current_viewer(), registry(), number, given)
    return redirect(f"/planning/scenarios/{number}", 303)


@bp.post("/<int:number>/run")
def run_scenario(number: int) -> Response:
    """Have it worked out."""
    with transaction() as db:
        service.ask_run(db, current_viewer(), number)
    return redirect(f"/planning/scenarios/{number}", 303)


@bp.post("/<int:number>/runs/<int:run>/stop")
def stop_run(number: int, run: int) -> Response:
    """Stop what is under way."""
    with transaction() as db:
        service.cancel(db, current_viewer(), number, run)
    return redirect(f"/planning/scenarios/{number}", 303)


@bp.post("/<int:number>/remove")
def remove_scenario(number: int) -> Response:
    """With all of its runs."""
    with transaction() as db:
        service.remove(db, current_viewer(), number)
    return redirect("/planning/scenarios", 303)
