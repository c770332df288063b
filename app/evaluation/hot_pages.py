"""The page of hot spots, and the same for programs."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from flask import Blueprint, Response, jsonify, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from pyproj import Transformer
from sqlalchemy.orm import Session

from app.accounts.session import current_viewer
from app.cases.classes import majors
from app.evaluation import asked as asking
from app.evaluation import drawing, hexes, hotspots, pages
from app.evaluation.asked import Asked
from app.web.named import named
from gis.db import transaction
from gis.errors import InvalidInput
from grid.locate import OutsideCity
from grid.reach import Viewer
from grid.reverse import describe
from layers.layer import Words

bp = Blueprint("evaluation_hot_spots", __name__)
COLOURS = {99: "#b2182b", 95: "#ef8a62", 90: "#fddbc7", -90: "#d1e5f0", -95: "#67a9cf", -99: "#2166ac", 0: "#e6e6e6"}
COURSES: dict[str, Words] = {
    "new": _l("new: hot only now"), "consecutive": _l("hot in the last slices in a row"),
    "growing": _l("lasting and growing"), "lasting": _l("lasting"), "fading": _l("lasting but fading"),
    "now_and_then": _l("hot now and then"), "past": _l("hot before, not now"),
}  # fmt: skip
SHOWN = 20


def _asked(db: Session, viewer: Viewer, given: dict[str, str]) -> tuple[Asked, hotspots.Parameters]:
    viewer.require("evaluation.read")
    given.setdefault("period", "year")
    asked = pages.question(db, viewer, given, by="", level="")
    words = request.args.get("class", "").strip()
    if words and not (words.isascii() and words.isdecimal() and len(words) < 18):
        raise InvalidInput("{value} is not a value of {name}.", value=words, name="class", field="class")
    classes = (int(words),) if words else ()
    return asked, hotspots.parameters(asked, side_m=request.args.get("side", "").strip(), classes=classes)


@bp.get("/evaluation/hotspots")
def show_hot_spots() -> str:
    """Where more cases come together than chance would have it, and when."""
    viewer, given = current_viewer(), pages.args()
    with transaction() as db:
        asked, chosen = _asked(db, viewer, given)
        found = hotspots.find(db, viewer, asked, chosen)
        drawn = _drawn(db, viewer, asked, found) if found and not found.get("too_few") else None
        context = pages.frame(db, viewer, asked, given, "hotspots")
        choices = {key: named(*names) for key, names in majors(db).items()}
    return render_template(
        "evaluation/hotspots.html", found=found, drawn=drawn, chosen=chosen, sides=hotspots.SIDES_M, colours=COLOURS,
        courses=COURSES, majors=choices, class_id=request.args.get("class", ""), **context,
    )  # fmt: skip


@bp.get("/api/v1/evaluation/hotspots")
def get_hot_spots() -> tuple[Response, int] | Response:
    """The hot cells as GeoJSON with z, p, corrected p and level; 202 while they are being worked out."""
    viewer, given = current_viewer(), pages.args()
    with transaction() as db:
        asked, chosen = _asked(db, viewer, given)
        found = hotspots.find(db, viewer, asked, chosen)
    if found is None:
        return jsonify({"state": "waiting"}), 202
    rings = _rings(found, found["cells"], chosen.side_m)
    back = Transformer.from_crs(found["crs"], 4326, always_xy=True)
    return jsonify({
        "type": "FeatureCollection", "parameters": found["parameters"], "count": found["count"],
        "clusters": found["clusters"],
        "features": [
            {"type": "Feature", "properties": one, "geometry": {
                "type": "Polygon", "coordinates": [[list(back.transform(x, y)) for x, y in ring]]}}
            for one, ring in zip(found["cells"], rings, strict=True)
        ],
    })  # fmt: skip


def _rings(found: dict[str, Any], cells: list[dict[str, Any]], side_m: int) -> Any:
    axial = np.array([[one["q"], one["r"]] for one in cells], dtype=np.int64).reshape(-1, 2)
    return hexes.Hexes(axial, side_m).corners()


def _drawn(db: Session, viewer: Viewer, asked: Asked, found: dict[str, Any]) -> dict[str, Any]:
    """Hexagons on the outline of the areas, and the lists beside them."""
    side_m = found["parameters"]["side_m"]
    cells = found["cells"]
    shapes = {f"h{index}": shapely.Polygon(ring) for index, ring in enumerate(_rings(found, cells, side_m))}
    level = asking.levels(db)[:2][-1]
    ground = {f"a{code}": shape for code, shape in drawing.areas(db, viewer, level, asked.area).items()}
    sheet = drawing.draw(ground | shapes)
    paths = {shape.key: shape.path for shape in sheet.shapes}
    back = Transformer.from_crs(found["crs"], 4326, always_xy=True)

    def around(index: int) -> str:
        west, south, east, north = shapes[f"h{index}"].bounds
        box = [*back.transform(west, south), *back.transform(east, north)]
        first, last = asked.window.start, asked.window.end
        return (f"/cases?bbox={','.join(f'{part:.6f}' for part in box)}"
                f"&from={first.date()}&to={min(last.date(), asked.period.end)}")  # fmt: skip

    def where(index: int) -> str:
        middle = shapes[f"h{index}"].centroid
        try:
            place = describe(db, *back.transform(middle.x, middle.y))
        except OutsideCity:  # the middle of a hexagon on the border may lie beyond it
            return str(_("at the city's border"))
        return named(place.text_zh, place.text_en)

    hot = sorted(range(len(cells)), key=lambda i: (-cells[i]["level"], -cells[i]["z"]))
    counts = {value: sum(1 for one in cells if one["level"] == value) for value in COLOURS}
    counts[0] = found["n"] - sum(count for value, count in counts.items() if value)
    return {
        "sheet": sheet, "ground": [path for key, path in paths.items() if key.startswith("a")],
        "hexes": [(one, paths[f"h{index}"], around(index)) for index, one in enumerate(cells) if f"h{index}" in paths],
        "top": [(cells[i], around(i), where(i)) for i in hot[:SHOWN] if cells[i]["level"] > 0 or cells[i]["course"]],
        "counts": counts, "slices": _slices(asked, found["parameters"]["slices"]),
        "clusters": found["clusters"],
    }  # fmt: skip


def _slices(asked: Asked, count: int) -> list[Any]:
    """The first moment of each slice, and the end of the last."""
    window = asked.window
    return [window.start + (window.end - window.start) * at / count for at in range(count + 1)]
