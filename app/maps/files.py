"""Files of a layer: a thematic map in one HTML file."""

from __future__ import annotations

from flask import request
from flask.wrappers import Response
from flask_openapi3 import APIBlueprint, Tag

from app.maps.answers import conditional
from app.maps.asked import asked, language
from app.maps.schemas import LayerPath, MapQuery
from app.maps.thematic import build
from gis.errors import InvalidInput
from layers.folium_map import Order

api = APIBlueprint("layer_files", __name__, url_prefix="/layers", abp_tags=[Tag(name="layers")])


@api.get("/<layer_id>/map.html", summary="A thematic map in one file")
def get_map(path: LayerPath, query: MapQuery) -> Response:
    """Self-contained: it opens without a network. The same rows, counts and suppression as everywhere."""
    what = asked(path.layer_id)
    order = Order(
        query.by, query.level, query.scheme, query.classes, query.rate, query.ramp, language(query.lang), query.title,
        _numbers(query.breaks),
    )  # fmt: skip
    answer = conditional(build(what.layer, what.viewer, order, what.chosen).encode(), "text/html; charset=utf-8")
    if "inline" not in request.args:
        answer.headers["Content-Disposition"] = f'attachment; filename="{what.layer.id}.html"'
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
    )
    return answer


def _numbers(given: str | None) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in given.split(",")) if given else ()
    except ValueError as error:
        raise InvalidInput("{given} are no numbers.", field="breaks", given=given) from error
