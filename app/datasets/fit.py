"""In which datum coordinates lie nearest to what the city knows: GCJ-02 and BD-09 are measured, not guessed.

A file in a shifted datum lies 300 to 1 200 m beside its place; nothing in it says so. Its points are put where each
datum would have them, and the distances to the city's streets, buildings and borders are compared. A verdict needs
that the best datum halves the distance, that most points are nearer one by one, and that the best is near indeed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from gis import datum
from grid.nearest import KNOWN, nearest_m

Floats = NDArray[np.float64]
POINTS_MAX = 240
POINTS_MIN = 8
RATIO_MAX = 0.5
NEARER_MIN = 0.65  # of the points, one by one
NEAR_M = {"roads": 25.0, "buildings": 25.0, "borders": 150.0}  # outlines are generalised: Shanghai's lie 130 m apart
LEAST = {"roads": POINTS_MIN, "buildings": POINTS_MIN, "borders": 50}
WORTH_M = 5.0  # a difference below is within what maps are drawn to


@dataclass(frozen=True)
class Fit:
    """A verdict: the datum that fits best, what it was measured against, and the median distances in metres."""

    datum: str
    known: str
    before_m: float
    after_m: float


def best(db: Session, x: Floats, y: Floats, said: str, others: Sequence[str]) -> Fit | None:
    """The datum of `others` in which points lie clearly nearer to what is known than in `said`; None: no verdict."""
    x, y = np.unique(np.column_stack([x, y]), axis=0).T  # a thousand lamps at one place are one place
    if len(x) < POINTS_MIN:
        return None
    step = max(1, len(x) // POINTS_MAX)
    x, y = x[::step], y[::step]
    found = [fit for known in KNOWN if (fit := _by(db, known, x, y, said, others)) is not None]
    return min(found, key=lambda fit: fit.after_m / fit.before_m, default=None)


def _by(db: Session, known: str, x: Floats, y: Floats, said: str, others: Sequence[str]) -> Fit | None:
    if len(x) < LEAST[known]:
        return None
    names = [said, *others]
    at = [datum.shift_many(x, y, name) for name in names]
    lon, lat = np.concatenate([one[0] for one in at]), np.concatenate([one[1] for one in at])
    if not np.isfinite(lon).all():
        return None
    far = nearest_m(db, known, lon, lat).reshape(len(names), -1)  # type: ignore[arg-type] # KNOWN holds its names
    if np.isnan(far).any():
        return None
    medians = np.median(far, axis=1)
    at_best = int(np.argmin(medians))
    before, after = float(medians[0]), float(medians[at_best])
    nearer = float((far[at_best] < far[0]).mean())
    is_clear = after <= RATIO_MAX * before and before - after >= WORTH_M and after <= NEAR_M[known]
    if at_best == 0 or not is_clear or nearer < NEARER_MIN:
        return None
    return Fit(names[at_best], known, before, after)
