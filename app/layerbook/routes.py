"""The API of the catalogue and of the rules about who sees what."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify, request
from flask_openapi3 import APIBlueprint, Tag
from sqlalchemy.orm import Session

from app.layerbook import catalogue, queries, service, why
from app.layerbook.facts import facts
from app.layerbook.rules import layer_target, theme_target
from app.layerbook.schemas import CatalogueQuery, HistoryQuery, LayerPath, RulesIn, WhyQuery, WordsIn
from app.layerbook.service import Cell
from app.maps.asked import looking, registry
from app.styles import service as styles
from gis.db import transaction
from grid.reach import Viewer

TAG = Tag(name="layerbook", description="The catalogue of layers, and who sees which")
SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("layerbook_api", __name__, url_prefix="/api/v1", abp_tags=[TAG], abp_security=SECURITY)


@api.get("/layer-catalogue", summary="Layers with what is said of them")
def get_catalogue(query: CatalogueQuery) -> Response:
    """Those that you may see, in drawing order. `q` looks into titles, descriptions, sources, owners and fields."""
    viewer = looking()
    with transaction() as db:
        kept = frozenset(styles.favourites(db, viewer))
    found = catalogue.search(
        catalogue.entries(registry(), viewer), words=query.q, theme=query.theme, ids=kept if query.favourites else None
    )
    return jsonify({
        "items": [catalogue.entry_json(one, viewer, is_favourite=one.layer.id in kept) for one in found]
    })  # fmt: skip


@api.get("/layers/<layer_id>", summary="One layer with all that is said of it")
def get_layer(path: LayerPath) -> Response:
    """Fields, services, quality; 404 also where it is not for you to see."""
    viewer = looking()
    found = catalogue.entry(registry(), viewer, path.layer_id)
    return jsonify(catalogue.whole_json(found, viewer, request.host_url.rstrip("/")))


@api.get("/layers/<layer_id>/facts", summary="How many rows a layer has, where they lie, how new they are")
def get_facts(path: LayerPath) -> Response:
    """Of the rows that you see; null where it is not known, or not told because it is about people."""
    viewer = looking()
    layer = registry().get(path.layer_id, viewer)
    with transaction() as db:
        return jsonify(facts(db, layer, viewer))


@api.patch("/layers/<layer_id>", summary="Say other things of a layer")
def patch_layer(path: LayerPath, body: WordsIn) -> Response:
    """For who keeps the book of layers, and for the owner of an uploaded layer."""
    viewer = looking()
    catalogue.entry(registry(), viewer, path.layer_id)  # 404 for what the viewer can't know of
    with transaction() as db:
        service.describe(db, viewer, why.find(catalogue.declared(registry()), path.layer_id), body.said())
    found = catalogue.entry(registry(), viewer, path.layer_id)
    return jsonify(catalogue.whole_json(found, viewer, request.host_url.rstrip("/")))


@api.get("/layer-rules", summary="Rules about who sees which layer")
def get_rules() -> Response:
    """Those in force; where none speaks, the role's rights alone decide."""
    with transaction() as db:
        _keeper(db)
        return jsonify({"items": queries.in_force(db)})


@api.put("/layer-rules", summary="Set rules about who sees which layer")
def put_rules(body: RulesIn) -> Response:
    """All or nothing; they hold for every request after this one is answered."""
    viewer = looking()
    cells = [Cell(one.target, one.field, one.who, one.says) for one in body.items]
    with transaction() as db:
        changed = service.set_rules(db, viewer, catalogue.declared(registry()), cells)
        return jsonify({"changed": changed, "items": queries.in_force(db)})


@api.get("/layer-rules/why", summary="Why an account sees a layer, or not")
def get_why(query: WhyQuery) -> Response:
    """Each thing that decides, in its order, and the fields that are hidden."""
    with transaction() as db:
        viewer = _keeper(db)
        layer = why.find(catalogue.declared(registry()), query.layer)
        return jsonify(why.why(db, registry(), viewer, query.account, layer))


@api.get("/layer-rules/history", summary="Rules of the past and present")
def get_history(query: HistoryQuery) -> Response:
    """Who set and who ended each, what happened last first."""
    with transaction() as db:
        _keeper(db)
        targets: list[str] = []
        if query.layer:
            layer = why.find(catalogue.declared(registry()), query.layer)
            targets = [layer_target(layer.id), theme_target(layer.theme)]
        return jsonify({"items": queries.history(db, targets)})


def _keeper(db: Session) -> Viewer:
    viewer = looking()
    service.require(db, viewer)
    return viewer
