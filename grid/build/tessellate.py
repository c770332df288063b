"""Areas of which no line is known: even squares along the longest axis, clipped to the area."""

from __future__ import annotations

import numpy as np
import shapely

from grid.build.plane import Floats, Geometries, polygons_of
from grid.build.split import Ints, longest_axes

_ROUNDINGS = (np.round, np.floor, np.ceil)


def tessellate(faces: Geometries, target_m2: Floats) -> tuple[Geometries, Ints]:
    """Near-square pieces of faces (metres), and the face that each comes from; those at the rim may be small."""
    made, of = [np.empty(0, np.object_)], [np.empty(0, np.int64)]
    axes = longest_axes(faces)
    for row, (face, target, axis) in enumerate(zip(faces, target_m2, axes, strict=True)):
        pieces, _ = polygons_of(np.asarray(shapely.intersection(_squares(face, target, axis), face), np.object_))
        made.append(pieces)
        of.append(np.full(len(pieces), row, np.int64))
    return np.concatenate(made), np.concatenate(of)


def _squares(face: shapely.Polygon, target_m2: float, axis: Floats) -> Geometries:
    """Rectangles of about the target's size that cover a face, in rows along its longest axis."""
    xy = shapely.get_coordinates(face)
    turn = np.array([[axis[0], axis[1]], [-axis[1], axis[0]]])
    uv = xy @ turn.T
    low, high = uv.min(axis=0), uv.max(axis=0)
    counts = _counts(high - low, target_m2)
    u, v = (np.linspace(low[i], high[i], counts[i] + 1) for i in (0, 1))
    column, row = (index.reshape(-1) for index in np.meshgrid(np.arange(counts[0]), np.arange(counts[1])))
    corners = np.stack([
        np.column_stack((u[column + du], v[row + dv])) for du, dv in ((0, 0), (1, 0), (1, 1), (0, 1))
    ], axis=1)  # fmt: skip
    return np.asarray(shapely.polygons(corners @ turn), np.object_)


def _counts(size: Floats, target_m2: float) -> tuple[int, int]:
    """How many columns and rows: of the near-square choices the one whose rectangles come nearest the target."""
    wanted = size / np.sqrt(target_m2)
    choices = [(max(int(f(wanted[0])), 1), max(int(g(wanted[1])), 1)) for f in _ROUNDINGS for g in _ROUNDINGS]
    return min(choices, key=lambda counts: abs(np.log(wanted[0] * wanted[1] / (counts[0] * counts[1]))))
