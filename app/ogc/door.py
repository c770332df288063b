"""The door of the OGC API: who asks for what, in which form it is answered, and how errors are."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from app.errors import Problem, answer, words_of
from app.maps.answers import conditional_json
from app.maps.asked import current_or, looking, registry
from app.ogc.told import GEOJSON, HTML, JSON, SCHEMA
from gis.errors import CityError, Conflict, InvalidInput, NotFound
from grid.reach import ANYBODY, Viewer
from layers.layer import Layer

bp = Blueprint("ogc", __name__, url_prefix="/ogc", template_folder="templates")


class Changed(Conflict):
    """The feature is not any more what the client had seen (If-Match)."""

    code = "ogc.changed"


@bp.errorhandler(InvalidInput)
def refuse(error: CityError) -> Response:
    """What can't be read is 400 in the standard, not 422."""
    return answer(Problem(400, error.code, words_of(error), error.field))


@bp.errorhandler(Changed)
def refuse_changed(error: CityError) -> Response:
    """412, as RFC 9110 has it."""
    return answer(Problem(412, error.code, words_of(error)))


def seen(layer_id: str) -> tuple[Layer, Viewer]:
    """A collection and who asks for it. Layers of people have no features: they are no collections."""
    someone = current_or(ANYBODY)
    layer = registry().public(layer_id, someone)
    viewer = someone if layer is not None else looking()
    found = layer or registry().get(layer_id, viewer)
    if found.floor is not None:
        raise NotFound("There is no collection {id}.", id=layer_id)
    return found, viewer


def wants_html() -> bool:
    """HTML when it is asked for, or preferred by a browser."""
    if request.args.get("f"):
        return request.args["f"].lower() == "html"
    best = request.accept_mimetypes.best_match([JSON, GEOJSON, SCHEMA, HTML])
    return best == HTML


def reply(found: dict[str, Any], title: str, kind: str = JSON, **shown: Any) -> BaseResponse:
    """The same as a page for people and as JSON for programs."""
    if wants_html():
        return make_response(render_template("ogc/page.html", found=found, heading=title, **shown))
    return conditional_json(found, kind)
