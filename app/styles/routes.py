"""The API of styles: kept, tried, shared; palettes; layers kept at hand."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint, Tag

from app.accounts.session import current_viewer
from app.maps.asked import asked, language, looking, registry
from app.maps.describe import legend_json
from app.styles import service
from app.styles.models import MapStyle
from app.styles.schemas import LayerPath, StyleChange, StyleIn, StylePath, StylesQuery, TriedIn
from app.web.idempotency import idempotent
from gis.db import transaction
from grid.reach import Viewer
from layers.classing import CLASSES_MAX, SCHEMES
from layers.declared import read_declared
from layers.layer import Style
from layers.legend import legend
from layers.ramps import CLASSES_MIN, DIVERGING, KINDS, NAMES, SQUARES, ramp, square
from layers.residents_rate import RESIDENTS
from layers.resolve import Resolved, resolve
from layers.scheme_words import scheme_words
from layers.style import fragment, read_theme

TAG = Tag(name="styles", description="How layers are drawn: styles kept, tried and shared")
SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("styles_api", __name__, url_prefix="/api/v1", abp_tags=[TAG], abp_security=SECURITY)
NOT_CHOSEN = {"natural_breaks"}  # the same breaks as fisher_jenks


@api.get("/styles", summary="Styles that you may use")
def list_styles(query: StylesQuery) -> Response:
    """One's own and the shared ones, of layers that you may see."""
    viewer = looking()
    known = {one.id: one for one in registry().all(viewer) if query.layer in (None, one.id)}
    with transaction() as db:
        every = service.every(db, viewer, list(known))
        found = [one for one in every if service.is_told(one, known[one.layer_id])]
        return jsonify({"items": [_json(one, viewer) for one in found], "may_share": viewer.may(service.SHARE)})


@api.post("/styles", summary="Keep a style")
@idempotent
def post_style(body: StyleIn) -> Response:
    """Sharing takes the right `styles.share`."""
    viewer = looking()
    layer = registry().get(body.layer, viewer)
    with transaction() as db:
        made = service.add(db, viewer, layer, body.title, body.declared, is_shared=body.shared)
        return _created(_json(made, viewer))


def _created(found: dict[str, Any]) -> Response:
    answer = jsonify(found)
    answer.status_code = 201
    return answer


@api.get("/styles/<int:style_id>", summary="A style")
def get_style(path: StylePath) -> Response:
    """404 also where it is somebody else's and not shared, or of a layer that you may not see."""
    viewer = looking()
    with transaction() as db:
        found = _told_style(service.get(db, viewer, path.style_id), viewer)
        return jsonify(_json(found, viewer))


def _told_style(found: MapStyle, viewer: Viewer) -> MapStyle:
    """The style again, if the viewer sees its layer and the fields that it names; else NotFound."""
    service.declared_of_layer(found, registry().get(found.layer_id, viewer))
    return found


@api.patch("/styles/<int:style_id>", summary="Change a style")
def patch_style(path: StylePath, body: StyleChange) -> Response:
    """What is not named stays."""
    viewer = looking()
    with transaction() as db:
        told = _told_style(service.get(db, viewer, path.style_id), viewer)
        layer = registry().get(told.layer_id, viewer)
        found = service.change(
            db, viewer, layer, path.style_id, title=body.title, given=body.declared, is_shared=body.shared
        )
        return jsonify(_json(found, viewer))


@api.delete("/styles/<int:style_id>", summary="Take a style away")
def delete_style(path: StylePath) -> Response:
    """Maps that were sent around with it show the layer as it is declared."""
    with transaction() as db:
        service.remove(db, looking(), path.style_id)
    return Response(status=204)


@api.post("/layers/<layer_id>/styled", summary="Try a style on a layer")
def post_styled(path: LayerPath, body: TriedIn) -> Response:
    """The MapLibre part, the legend, the histogram and warnings, over the rows that you see under the filter."""
    what = asked(path.layer_id)
    with transaction() as db:
        found = resolve(db, what.layer, what.viewer, read_declared(body.declared), what.chosen)
        told = legend(db, found.layer, what.viewer, what.chosen)
        drawn = fragment(found.layer, read_theme(body.theme), language(body.lang))
    return jsonify({"fragment": drawn, "legend": legend_json(told), **_told(found)})


def _told(found: Resolved) -> dict[str, Any]:
    classes = found.layer.style.classes
    return {
        "declared": found.declared.model_dump(mode="json"), "bars": found.bars, "warnings": found.warnings,
        "dividers": found.dividers, "classing": None if classes is None else asdict(classes.classing),
    }  # fmt: skip


@api.get("/palettes", summary="Colours and classing schemes to choose from")
def get_palettes() -> Response:
    """All of them can be told apart by colour-blind readers."""
    viewer = looking()
    rates = ["per_km2", *(["per_1000"] if RESIDENTS.is_open_to(viewer) else []), "count"]
    sizes = range(CLASSES_MIN, CLASSES_MAX + 1)
    ramps = [
        {"name": name, "diverging": name in DIVERGING, "colours": {str(size): ramp(name, size) for size in sizes}}
        for name in NAMES
    ]
    schemes = [{"name": one, "title": scheme_words(one)} for one in SCHEMES if one not in NOT_CHOSEN]
    squares = [{"name": name, "colours": square(name)} for name in SQUARES]
    return jsonify(
        {
            "ramps": ramps,
            "kinds": KINDS,
            "squares": squares,
            "schemes": schemes,
            "rates": rates,
            "colour": Style().colour,
        }
    )


@api.get("/favourites", summary="Layers that you keep at hand")
def list_favourites() -> Response:
    """Ids, in the order in which they were kept."""
    viewer = looking()
    known = {one.id for one in registry().all(viewer)}
    with transaction() as db:
        return jsonify({"items": [one for one in service.favourites(db, viewer) if one in known]})


@api.put("/favourites/<layer_id>", summary="Keep a layer at hand")
def put_favourite(path: LayerPath) -> Response:
    """Once more changes nothing."""
    viewer = looking()
    with transaction() as db:
        service.keep(db, viewer, registry().get(path.layer_id, viewer))
    return Response(status=204)


@api.delete("/favourites/<layer_id>", summary="No longer keep a layer at hand")
def delete_favourite(path: LayerPath) -> Response:
    """One that wasn't kept changes nothing."""
    with transaction() as db:
        service.let_go(db, current_viewer(), path.layer_id)
    return Response(status=204)


def _json(one: MapStyle, viewer: Viewer) -> dict[str, Any]:
    return {
        "id": one.id, "layer": one.layer_id, "title": one.title, "shared": one.is_shared, "declared": one.declared,
        "own": one.owner_id == viewer.account_id, "may_change": service.may_change(viewer, one),
        "changed_at": one.changed_at.isoformat(),
    }  # fmt: skip
