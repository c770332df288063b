"""The API of scenarios: parse, call, answer."""

from __future__ import annotations

from typing import Any, cast

from flask import Response, current_app, jsonify
from flask_openapi3 import APIBlueprint
from flask_openapi3.models.tag import Tag

from app.accounts.session import current_viewer
from app.scenarios import comparing, service, told
from app.scenarios.schemas import ComparedIn, ScenarioChange, ScenarioIn, ScenarioPath, ScenarioRunPath
from app.web.assembly import Assembly
from app.web.idempotency import idempotent
from gis.db import transaction
from layers.layer import Registry

TAG = Tag(name="scenarios", description="Named what-ifs: reach, load and residents served before and after")
SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("scenarios_api", __name__, url_prefix="/api/v1/scenarios", abp_tags=[TAG], abp_security=SECURITY)


def registry() -> Registry:
    """The layers of this application."""
    return cast(Assembly, current_app.extensions["city"]).layers


@api.get("", summary="Scenarios")
def get_scenarios() -> Response:
    """One's own and those that others share, newest first; each with the number of its last result."""
    viewer = current_viewer()
    with transaction() as db:
        found = [(one, service.last_done(db, viewer, one)) for one in service.seen(db, viewer)]
        items = [told.scenario(one, viewer) | {"run": run.id if run else None} for one, run in found]
        return jsonify({"items": items})


@api.post("", summary="Make a scenario")
@idempotent
def post_scenario(body: ScenarioIn) -> tuple[Response, int]:
    """Its changes are held against the city as it is; nothing is worked out yet, and no register is ever touched."""
    viewer = current_viewer()
    with transaction() as db:
        made = service.create(
            db, viewer, registry(), body.title, body.settings, body.changes, note=body.note, is_shared=body.is_shared
        )
        return jsonify(told.scenario(made, viewer)), 201


@api.get("/compare", summary="Scenarios beside each other")
def get_compared(query: ComparedIn) -> Response:
    """Measures before, after and their difference in each; `differ` names what else they don't have in common."""
    with transaction() as db:
        return jsonify(comparing.compare(db, current_viewer(), query.numbers()))


@api.get("/<int:id>", summary="A scenario with its last runs")
def get_scenario(path: ScenarioPath) -> Response:
    """`stale` names the inputs that changed since the last result (``scenario``: its own changes or settings)."""
    viewer = current_viewer()
    with transaction() as db:
        found = service.get(db, viewer, path.id)
        changed = service.stale(db, viewer, registry(), found, service.last_done(db, viewer, found))
        runs = [told.run(one) for one in service.runs_of(db, viewer, found)]
        return jsonify(told.scenario(found, viewer) | {"stale": changed, "runs": runs})


@api.patch("/<int:id>", summary="Change a scenario")
def patch_scenario(path: ScenarioPath, body: ScenarioChange) -> Response:
    """Only one's own. Results so far stay, and say that the scenario changed."""
    viewer = current_viewer()
    with transaction() as db:
        given = body.model_dump(exclude_unset=True, exclude_none=True)
        return jsonify(told.scenario(service.change(db, viewer, registry(), path.id, given), viewer))


@api.delete("/<int:id>", summary="Remove a scenario")
def delete_scenario(path: ScenarioPath) -> tuple[str, int]:
    """With all of its runs."""
    with transaction() as db:
        service.remove(db, current_viewer(), path.id)
        return "", 204


@api.post("/<int:id>/runs", summary="Have a scenario worked out")
@idempotent
def post_scenario_run(path: ScenarioPath) -> tuple[Response, int]:
    """The worker does it; ask the run for its progress."""
    with transaction() as db:
        return jsonify(told.run(service.ask_run(db, current_viewer(), path.id))), 202


@api.get("/<int:id>/runs/<int:run>", summary="Progress and figures of a run")
def get_scenario_run(path: ScenarioRunPath) -> Response:
    """Once done: measures, duty cells, sums that had to agree, versions of inputs."""
    with transaction() as db:
        return jsonify(told.run(service.get_run(db, current_viewer(), path.id, path.run)))


@api.get("/<int:id>/runs/<int:run>/map", summary="What a run draws")
def get_scenario_map(path: ScenarioRunPath) -> Response:
    """GeoJSON, EPSG:4326. `what`: before, after, gained, lost, closed, redrawn, facility (with its `state`)."""
    with transaction() as db:
        return jsonify(service.get_run(db, current_viewer(), path.id, path.run).drawn)


@api.post("/<int:id>/runs/<int:run>/cancel", summary="Stop a run")
def post_scenario_cancel(path: ScenarioRunPath) -> Response:
    """Also in the middle of a step; nothing of it is kept."""
    with transaction() as db:
        return jsonify(told.run(service.cancel(db, current_viewer(), path.id, path.run)))
