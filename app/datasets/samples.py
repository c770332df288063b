"""Some rows of a table, as they stand in its file: what a preview mends before anyone's eyes."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from app.datasets.findings import Choice
from app.datasets.shapes import Ground, mended, shifted
from gis.checks_many import CheckedMany
from gis.errors import InvalidInput
from gis.files.batch import Batch

Geometries = NDArray[np.object_]
EVEN_MAX = 300  # rows taken evenly, whatever is found in them
OF_CODE_MAX = 15
OF_BATCH = 200
VERTICES_MAX = 120_000
Row = tuple[int, str, list[str]]


class Sample:
    """Rows taken evenly, and the first ones of each finding."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.even = self.vertices = 0
        self.of_code: dict[str, int] = defaultdict(int)

    def take(self, batch: Batch, raw: Geometries, codes: dict[int, list[str]]) -> None:
        """Take some rows of a batch; `raw` are its geometries as the file has them."""
        step = max(1, len(raw) // OF_BATCH)
        for index in sorted({*range(0, len(raw), step), *codes}):
            found = codes.get(index, [])
            wanted = [code for code in found if self.of_code[code] < OF_CODE_MAX]
            is_even = index % step == 0 and self.even < EVEN_MAX
            if (wanted or is_even) and raw[index] is not None:
                self.even += is_even
                self._add(int(batch.lines[index]), raw[index], found)

    def _add(self, line: int, geom: Any, codes: list[str]) -> None:
        count = int(shapely.get_num_coordinates(geom))
        if self.vertices + count > VERTICES_MAX:
            return
        self.vertices += count
        for code in codes:
            self.of_code[code] += 1
        self.rows.append((line, str(shapely.to_wkb(shapely.force_2d(geom), hex=True)), codes))


def preview(rows: list[Row], said: str | None, chosen: Choice, ground: Ground) -> dict[str, Any]:
    """Rows before and after their mends, as GeoJSON; `lost` are lines that the mends leave out.

    `before` is the geometry where the file as it stands puts it: nowhere, if that is not on earth.
    """
    raw = np.array([shapely.from_wkb(one[1], on_invalid="ignore") for one in rows], dtype=object)
    before = _as_said(raw, said)
    nothing = np.full(raw.shape, None, dtype=object)
    after = CheckedMany(nothing, nothing.copy())
    if chosen.datum is not None and len(rows):
        after = mended(CheckedMany(raw.copy(), nothing.copy()), chosen.datum, chosen.plan, ground)
        if chosen.plan.inside:
            after.refused[~ground.holds(after.geoms)] = "geometry.outside_city"
    features, lost = [], []
    for index, (line, _, codes) in enumerate(rows):
        is_lost = after.refused[index] is not None or after.geoms[index] is None
        lost += [line] if is_lost and chosen.datum is not None else []
        facts = {"line": line, "codes": codes}
        features += _feature(before[index], facts | {"stage": "before", "lost": is_lost})
        features += [] if is_lost else _feature(after.geoms[index], facts | {"stage": "after"})
    boxes = {stage: _bounds(features, stage) for stage in ("before", "after")}
    return {"type": "FeatureCollection", "features": features, "lost": lost, "bounds": boxes, "rows": len(rows)}


def _as_said(raw: Geometries, said: str | None) -> Geometries:
    nothing = np.full(raw.shape, None, dtype=object)
    if said is None or not len(raw):
        return nothing
    try:
        return shifted(raw, said)
    except InvalidInput:
        return nothing


def _feature(geom: Any, facts: dict[str, Any]) -> list[dict[str, Any]]:
    if geom is None or geom.is_empty:
        return []
    at = shapely.get_coordinates(geom)
    if not np.isfinite(at).all() or (np.abs(at[:, 0]) > 180).any() or (np.abs(at[:, 1]) > 90).any():
        return []
    shape = shapely.geometry.mapping(shapely.set_precision(geom, 1e-7, mode="pointwise"))
    return [{"type": "Feature", "properties": facts, "geometry": shape}]


def _bounds(features: list[dict[str, Any]], stage: str) -> list[float] | None:
    """Where the rows of a stage lie; without those outside the city if there are others: one map shows not both."""
    here = [one for one in features if one["properties"]["stage"] == stage]
    inside = [one for one in here if "geometry.outside_city" not in one["properties"]["codes"]]
    shapes = [shapely.geometry.shape(one["geometry"]) for one in inside or here]
    return [float(edge) for edge in shapely.total_bounds(np.array(shapes, dtype=object))] if shapes else None
