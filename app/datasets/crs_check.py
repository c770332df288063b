"""What a table's coordinates are in: what the file says, held against where the city is and what is known there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.datasets import fit
from app.datasets.findings import CRS, Finding
from app.datasets.shapes import Ground, Where, given
from gis import candidates, datum
from gis.checks import Bounds
from gis.errors import InvalidInput
from gis.files.batch import Source
from gis.files.guess import Guess
from grid.models import City

Floats = NDArray[np.float64]
LOOK_ROWS = 5_000
LOOK_BATCHES = 3
POINTS_MAX = 4_000
HERE_MIN = 0.5  # of the points about the city, for what a file says to be believed
SAYS_SO = ("ESRI Shapefile", "GPKG", "DXF", "MapInfo File", "FlatGeobuf", "GML")  # of which one expects a system
SHIFTED = ("gcj02", "bd09")


@dataclass
class CrsCheck:
    """The datum that rows are read in (None: nobody knows), whether their axes are exchanged, and what was found."""

    datum: str | None
    swap: bool = False
    finding: Finding | None = None


def check(db: Session, source: Source, ground: Ground) -> CrsCheck:
    """Look at the first rows of a table and decide what they are in."""
    guess = source.guess
    said = _usable(guess.datum)
    x, y = _points(source, said or "wgs84")
    if ground.bounds is None or not len(x):
        return CrsCheck(said, finding=None if said else _unknown(guess))
    look = _Look(db, guess, said, x, y, ground.bounds)
    found = look.as_said() or look.by_trying()
    is_shiftable = found.finding is None or found.finding.code != "crs.refused"
    return look.offset(found) if is_shiftable and found.datum in ("wgs84", "cgcs2000") else found


class _Look:
    """The first points of a table, and the tries to place them."""

    def __init__(self, db: Session, guess: Guess, said: str | None, x: Floats, y: Floats, bounds: Bounds) -> None:
        self.db, self.guess, self.said, self.x, self.y, self.bounds = db, guess, said, x, y, bounds

    def share(self, name: str, *, swap: bool = False) -> float:
        x, y = (self.y, self.x) if swap else (self.x, self.y)
        return candidates.share_in(x, y, name, self.bounds)

    def as_said(self) -> CrsCheck | None:
        """What the file says or shows, if that puts it into the city, one way round or the other."""
        if self.said is None:
            return None
        here, there = self.share(self.said), self.share(self.said, swap=True)
        if max(here, there) < HERE_MIN and self.guess.datum_is != "given":
            return None
        missing = self.guess.datum_is == "guessed" and self.guess.format in SAYS_SO
        finding = self._finding("crs.missing", self.said, max(here, there)) if missing else None
        return CrsCheck(self.said, swap=there > 0, finding=finding)

    def by_trying(self) -> CrsCheck:
        """By what puts the points into the city; as the file says where nothing does: it lies elsewhere on earth."""
        first = [f"EPSG:{self.db.scalar(select(City.crs_epsg))}"]
        for swap in (False, True):
            x, y = (self.y, self.x) if swap else (self.x, self.y)
            names = candidates.possible(x, y, self.bounds, first)
            if names:
                value = self._nearest(names, x, y)
                code = "crs.wrong" if self.guess.datum_is == "declared" else "crs.missing"
                code = "crs.refused" if code == "crs.wrong" and self.said is None else code
                return CrsCheck(value, swap, self._finding(code, value, self.share(value, swap=swap), names))
        return CrsCheck(self.said, finding=None if self.said else _unknown(self.guess))

    def _nearest(self, names: list[str], x: Floats, y: Floats) -> str:
        """Of systems that all put it into the city, that in which it lies nearest to what is known; else the first."""
        better = fit.best(self.db, x, y, names[0], names[1:]) if len(names) > 1 else None
        return better.datum if better else names[0]

    def _finding(self, code: str, value: str, share: float, names: list[str] | None = None) -> Finding:
        facts = {
            "said": self.guess.datum, "value": value, "share": round(share, 3), "others": (names or [])[:8],
            "share_said": round(self.share(self.said), 3) if self.said else None,
        }  # fmt: skip
        return Finding(CRS, code, facts=facts, on=code != "crs.refused", value=value)

    def offset(self, found: CrsCheck) -> CrsCheck:
        """GCJ-02 or BD-09, if coordinates in degrees lie clearly nearer to what is known in one of them."""
        if not candidates.may_be_shifted(self.bounds) or self.guess.datum_is == "given":
            return found
        x, y = self.x, self.y
        if found.swap:
            x, y = y, x
        near = np.ones(len(x), dtype=bool)
        west, south, east, north = self.bounds
        near &= (x >= west) & (x <= east) & (y >= south) & (y <= north)
        better = fit.best(self.db, x[near], y[near], str(found.datum), SHIFTED)
        if better is None:
            return found
        facts = {
            "said": self.guess.datum, "value": better.datum, "known": better.known,
            "before_m": round(better.before_m, 1), "after_m": round(better.after_m, 1),
        }  # fmt: skip
        return CrsCheck(better.datum, found.swap, Finding(CRS, "crs.offset", facts=facts, on=True, value=better.datum))


def _usable(name: str | None) -> str | None:
    """The datum's one spelling; None for one that can't be used."""
    if name is None:
        return None
    try:
        return datum.normal(name)
    except InvalidInput:
        return None


def _unknown(guess: Guess) -> Finding:
    return Finding(CRS, "crs.unknown", facts={"said": guess.datum, "why": guess.datum_why})


def _points(source: Source, name: str) -> tuple[Floats, Floats]:
    """Vertices of the first rows, as the file has them, evenly taken."""
    where = Where.of(source.guess, name)
    held = []
    for batch in islice(source.batches(LOOK_ROWS), LOOK_BATCHES):
        if len(batch.table):
            geoms = given(batch, where).geoms
            held.append(shapely.get_coordinates(geoms[~shapely.is_missing(geoms)]))
    at = np.concatenate(held) if held else np.empty((0, 2))
    at = at[np.isfinite(at).all(axis=1)]
    at = at[:: max(1, len(at) // POINTS_MAX)]
    return at[:, 0].copy(), at[:, 1].copy()
