"""A data set as a layer: the same declaration that registers have, made from what is known of it."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, cast

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Boolean, DateTime, Double, Row, TableClause, Text, column, select, table

from app.datasets import queries, squares
from app.datasets.models import Audience
from app.datasets.past import SINCE, history_of
from app.datasets.squares import DatasetPyramid
from grid.reach import Viewer
from layers.layer import Field, FieldKind, GeometryKind, Layer, Style
from layers.tiles import ROWS_MAX

KEPT_MAX = 200
COLOURS = ("#1f6f8b", "#8a4f9e", "#2f7d4f", "#a3591b", "#5b5fa8", "#7a6a1e")
SQL_KINDS: dict[str, Any] = {"text": Text, "number": Double, "time": DateTime(timezone=True), "flag": Boolean}
KINDS: dict[str, GeometryKind] = {"POINT": "POINT", "LINESTRING": "LINESTRING", "POLYGON": "POLYGON"}
LABELS = ("name", "title", "label", "名称", "名字")
_made: OrderedDict[tuple[int, int, Any], Layer] = OrderedDict()


class Datasets:
    """Where the registry finds the layers that stand in the database."""

    def find(self, layer_id: str, viewer: Viewer | None) -> Layer | None:
        """The layer of an id if this viewer (None: someone without a login) may see it."""
        found = queries.one(layer_id)
        if found is None or not queries.is_seen_by(viewer, found.audience, found.owner_id):
            return None
        return layer_of(found)

    def all(self, viewer: Viewer | None) -> list[Layer]:
        """All that a viewer may see."""
        return [layer_of(one) for one in queries.every() if queries.is_seen_by(viewer, one.audience, one.owner_id)]


def layer_of(found: Row[Any]) -> Layer:
    """The declaration; the same object as long as nothing of the data set changes."""
    key = (found.id, found.version, found.changed_at)
    if key not in _made:
        _made[key] = _declare(found)
        while len(_made) > KEPT_MAX:
            _made.popitem(last=False)
    _made.move_to_end(key)
    return _made[key]


def _declare(found: Row[Any]) -> Layer:
    fields = tuple(
        Field(one["name"], one["title"], cast(FieldKind, one["kind"]), filterable=one["kind"] != "time")
        for one in found.columns
    )
    geometry = KINDS.get(found.geometry.removeprefix("MULTI"), "GEOMETRY")
    if found.geometry == "MULTIPOINT":
        geometry = "GEOMETRY"
    rows = table_of(f"dataset_{found.id}", found.geometry, found.columns)
    chosen = select(*(one for one in rows.c if one.name != SINCE))
    label = next((one.name for one in fields if one.name.lower() in LABELS and one.kind == "text"), None)
    return Layer(
        id=found.layer_id, title=found.title, theme="planning" if found.origin.get("worked_out") else "uploaded",
        geometry=geometry, rows=lambda _viewer: chosen, fields=fields,
        history=history_of(rows, found.id, found.geometry, found.columns),
        style=Style(
            colour=COLOURS[found.id % len(COLOURS)], size_px=6, width_px=1.5, label=label, label_zoom=15,
            opacity=0.45 if geometry == "POLYGON" else 0.85,
        ),
        time_field=next((one.name for one in fields if one.kind == "time"), None),
        attribution=" · ".join(filter(None, (found.about.get("source"), found.about.get("licence")))),
        is_public=found.audience == Audience.PUBLIC,
        version=found.version, bounds=None if found.bounds is None else (
            found.bounds[0], found.bounds[1], found.bounds[2], found.bounds[3]
        ),
        order=500, owner_id=found.owner_id, changed_at=found.changed_at,
        watches=(squares.touched_name(found.id),),
        pyramid=DatasetPyramid(found.id) if found.row_count > ROWS_MAX else None,
    )  # fmt: skip


def table_of(name: str, geometry: str, columns: list[dict[str, Any]]) -> TableClause:
    """The table of a data set, with the columns that its layer has and the moment since when a row stands so."""
    return table(
        name, column("id", BigInteger), column("geom", Geometry(geometry, 4326)), column("area_code", Text),
        column("unit_cell_id", BigInteger), column(SINCE, DateTime(timezone=True)),
        *(column(one["name"], SQL_KINDS[one["kind"]]) for one in columns),
    )  # fmt: skip
