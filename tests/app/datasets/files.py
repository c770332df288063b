"""Files with one defect each, made in the test."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely
from geoalchemy2.shape import from_shape
from sqlalchemy.orm import Session

from grid.models import Road
from tests import make

W, S, SIDE = make.WEST, make.SOUTH, make.SIDE
HERE = [(W + 0.0003 + 0.0002 * n, S + 0.0005 + 0.00015 * n) for n in range(12)]  # twelve places in the test's city
Shift = Callable[[float, float], tuple[float, float]]


def geojson(geometries: Sequence[dict[str, Any] | None], properties: Sequence[dict[str, Any]] | None = None) -> bytes:
    """A collection of geometries, with a running number each unless properties are given."""
    facts = properties or [{"n": index} for index in range(len(geometries))]
    features = [
        {"type": "Feature", "properties": one, "geometry": geometry}
        for one, geometry in zip(facts, geometries, strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def points(places: Sequence[Sequence[float]]) -> bytes:
    """Points as GeoJSON."""
    return geojson([{"type": "Point", "coordinates": list(at)} for at in places])


def csv(places: Sequence[Sequence[float]], header: str = "lon,lat,name", *, more: Sequence[str] = ()) -> str:
    """A table of places."""
    lines = [f"{x!r},{y!r},{more[n] if more else f'n{n}'}" for n, (x, y) in enumerate(places)]
    return "\n".join([header, *lines]) + "\n"


def square(x: float, y: float, side: float = 0.0002) -> dict[str, Any]:
    """A good outline."""
    return dict(shapely.geometry.mapping(shapely.box(x, y, x + side, y + side)))


def bow(x: float, y: float, side: float = 0.0002) -> dict[str, Any]:
    """An outline that crosses itself."""
    ring = [[x, y], [x + side, y + side], [x + side, y], [x, y + side], [x, y]]
    return {"type": "Polygon", "coordinates": [ring]}


def shapefile(frame: gpd.GeoDataFrame, room: Path, *, encoding: str = "utf-8", leave: Sequence[str] = ()) -> bytes:
    """A zipped Shapefile without the parts whose endings are left away."""
    room.mkdir(exist_ok=True)
    frame.to_file(room / "s.shp", engine="pyogrio", encoding=encoding)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part in sorted(room.iterdir()):
            if part.suffix not in leave:
                archive.write(part, part.name)
    return packed.getvalue()


def streets(db: Session) -> list[shapely.LineString]:
    """A net of streets, 44 m apart, over the test's city; they are what the city knows."""
    step = 0.0004
    lines = [shapely.LineString([(W + step * n, S), (W + step * n, S + 2 * SIDE)]) for n in range(1, 10)]
    lines += [shapely.LineString([(W, S + step * n), (W + 2 * SIDE, S + step * n)]) for n in range(1, 10)]
    for line in lines:
        db.add(Road(name_zh="路", name_en="Road", road_class="residential", geom=from_shape(line, srid=4326)))
    db.flush()
    return lines


def on_streets() -> list[tuple[float, float]]:
    """Places on those streets, a lamp every few metres."""
    step = 0.0004
    return [(W + step * n, S + 0.00007 * k) for n in (2, 5, 8) for k in range(1, 40)]
