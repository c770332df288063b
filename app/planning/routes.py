"""The API of recipes: parse, call, answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, cast

from flask import Response, current_app, jsonify
from flask_openapi3 import APIBlueprint
from flask_openapi3.models.tag import Tag

from app.accounts.session import current_viewer
from app.planning import declared, faults, service, told
from app.planning.schemas import FeaturePath, RecipeChange, RecipeIn, RecipePath, RunPath, StepsIn
from app.web.assembly import Assembly
from app.web.idempotency import idempotent
from gis.db import transaction
from layers.layer import Registry

TAG = Tag(name="planning", description="Recipes: overlays and analyses of layers, as chains of steps")
SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("planning_api", __name__, url_prefix="/api/v1/recipes", abp_tags=[TAG], abp_security=SECURITY)


def registry() -> Registry:
    """The layers of this application."""
    return cast(Assembly, current_app.extensions["city"]).layers


@api.get("", summary="One's own recipes")
def get_recipes() -> Response:
    """By name, each with the layer that its last run made."""
    with transaction() as db:
        found = service.own(db, current_viewer())
        return jsonify({"items": [told.recipe(one, service.layer_of(db, one)) for one in found]})


@api.post("", summary="Make a recipe")
@idempotent
def post_recipe(body: RecipeIn) -> tuple[Response, int]:
    """Nothing is worked out yet: ask for the estimate, then for a run."""
    with transaction() as db:
        made = service.create(db, current_viewer(), body.name, body.title, body.steps)
        return jsonify(told.recipe(made, None)), 201


@api.post("/estimates", summary="What steps would cost")
def post_estimate(body: StepsIn) -> Response:
    """Rows, pairs and seconds of each step; nothing is kept."""
    with transaction() as db:
        return jsonify(service.estimate(db, current_viewer(), registry(), body.steps))


@api.get("/steps", summary="The steps that there are")
def get_steps() -> Response:
    """Each with its fields: kind, whether needed, default, choices and bounds. Titles in the reader's language."""
    current_viewer().require(service.RIGHT)
    return jsonify({"steps": declared.schema()})


@api.post("/checks", summary="What is wrong with steps")
def post_check(body: StepsIn) -> Response:
    """Every fault with the step (from 0) and the field it is in; none where a run may begin. Nothing is kept."""
    viewer = current_viewer()
    viewer.require(service.RIGHT)
    return jsonify({"faults": faults.faults(registry(), viewer, body.steps)})


@api.get("/<int:id>", summary="A recipe with its last runs")
def get_recipe(path: RecipePath) -> Response:
    """`stale` names the layers that changed since the result was made (``steps``: the recipe itself)."""
    viewer = current_viewer()
    with transaction() as db:
        found = service.get(db, viewer, path.id)
        now = datetime.now(UTC)
        return jsonify(
            told.recipe(found, service.layer_of(db, found))
            | {"stale": service.stale(db, viewer, registry(), found),
               "runs": [told.run(one, now) for one in service.runs_of(db, found)]}
        )  # fmt: skip


@api.patch("/<int:id>", summary="Change a recipe")
def patch_recipe(path: RecipePath, body: RecipeChange) -> Response:
    """The layer of the last run stays until the next."""
    with transaction() as db:
        found = service.change(db, current_viewer(), path.id, body.title, body.steps)
        return jsonify(told.recipe(found, service.layer_of(db, found)))


@api.delete("/<int:id>", summary="Remove a recipe")
def delete_recipe(path: RecipePath) -> tuple[str, int]:
    """Its runs go with it; the layer that it made stays."""
    with transaction() as db:
        service.remove(db, current_viewer(), path.id)
        return "", 204


@api.get("/<int:id>/estimate", summary="What a run would cost")
def get_estimate(path: RecipePath) -> Response:
    """Rows, pairs and seconds of each step."""
    viewer = current_viewer()
    with transaction() as db:
        return jsonify(service.estimate(db, viewer, registry(), service.get(db, viewer, path.id).steps))


@api.post("/<int:id>/runs", summary="Have a recipe carried out")
@idempotent
def post_run(path: RecipePath) -> tuple[Response, int]:
    """The worker does it; ask the run for its progress."""
    with transaction() as db:
        made = service.ask_run(db, current_viewer(), registry(), path.id)
        return jsonify(told.run(made, datetime.now(UTC))), 202


@api.get("/<int:id>/runs/<int:run>", summary="Progress and figures of a run")
def get_run(path: RunPath) -> Response:
    """Once done: the CRS, inputs with versions and mended features, steps with rows, seconds and sums."""
    with transaction() as db:
        found = service.get_run(db, current_viewer(), path.id, path.run)
        return jsonify(told.run(found, datetime.now(UTC)))


@api.post("/<int:id>/runs/<int:run>/cancel", summary="Stop a run")
def post_cancel(path: RunPath) -> Response:
    """Also in the middle of a step; nothing of it is kept."""
    with transaction() as db:
        found = service.cancel(db, current_viewer(), path.id, path.run)
        return jsonify(told.run(found, datetime.now(UTC)))


@api.get("/<int:id>/features/<int:feature>/why", summary="Why a feature is in the result")
def get_why(path: FeaturePath) -> Response:
    """The input features that it was made from, with their properties as they are now."""
    viewer = current_viewer()
    with transaction() as db:
        return jsonify(service.why(db, viewer, registry(), path.id, path.feature))
