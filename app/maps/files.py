"""Files of a layer: its rows in the usual formats, and a thematic map in one HTML file."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

from flask import request, send_file
from flask.wrappers import Response
from flask_babel import force_locale
from flask_openapi3 import APIBlueprint, Tag

from app.imports.export import export_layer
from app.maps.answers import PRIVATE, conditional
from app.maps.asked import asked, language
from app.maps.schemas import ExportQuery, LayerPath, MapQuery
from app.maps.styled import in_style
from gis.db import transaction
from gis.errors import InvalidInput
from gis.lazy import library
from layers.ranges import numbers

thematic = library("app.maps.thematic")  # with folium

api = APIBlueprint("layer_files", __name__, url_prefix="/layers", abp_tags=[Tag(name="layers")])

FORMATS = {
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "kml": "application/vnd.google-earth.kml+xml",
    "fgb": "application/octet-stream",
    "shp": "application/zip",
}
ONLY_ITSELF = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"


@api.get("/<layer_id>/map.html", summary="A thematic map in one file")
def get_map(path: LayerPath, query: MapQuery) -> Response:
    """Self-contained: it opens without a network. The same rows, counts and suppression as everywhere."""
    what = asked(path.layer_id)
    with force_locale(language(query.lang)), transaction() as db:
        layer = in_style(db, what, query.style)
    order = thematic.Order(
        query.by, query.level, query.scheme, query.classes, query.rate, query.ramp, language(query.lang), query.title,
        numbers(query.breaks),
    )  # fmt: skip
    page = thematic.build(layer, what.viewer, order, what.chosen, styled=query.style is not None)
    answer = conditional(page.encode(), "text/html; charset=utf-8")
    if "inline" not in request.args:
        answer.headers["Content-Disposition"] = f'attachment; filename="{what.layer.id}.html"'
    answer.headers["Content-Security-Policy"] = ONLY_ITSELF
    return answer


@api.get("/<layer_id>/export", summary="The layer's rows as a file")
def get_export(path: LayerPath, query: ExportQuery) -> Response:
    """The same rows that you see on the map; of people, counts by unit cell. A Shapefile comes as a zip.

    The file is written to disk row by row and sent from there, then deleted: no size of it stands in memory.
    """
    kind = query.format.lower()
    if kind not in FORMATS:
        raise InvalidInput(
            "Files of format {format} are not written. Choose one of: {formats}", field="format",
            format=kind, formats=", ".join(FORMATS),
        )  # fmt: skip
    what = asked(path.layer_id)
    with tempfile.TemporaryDirectory(prefix="citygrid-export-") as room:
        file = Path(room) / f"{what.layer.id}.{kind}"
        with transaction() as db:
            export_layer(db, what.layer, what.viewer, file, what.chosen)
        if kind == "shp":
            file = _zipped(file)
        opened = file.open("rb")  # it stays readable after the folder is gone
    answer = send_file(opened, FORMATS[kind], as_attachment=True, download_name=file.name, etag=False)
    answer.headers["Cache-Control"] = PRIVATE
    return answer


def _zipped(shapefile: Path) -> Path:
    made = shapefile.with_suffix(".zip")
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(shapefile.parent.glob(f"{shapefile.stem}.*")):
            if part != made:
                archive.write(part, part.name)
    return made
