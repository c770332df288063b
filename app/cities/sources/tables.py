"""Reading a source folder: tables and shapes with every column as text, and templates over their columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from app.cities.profile import File
from app.cities.steps import read_shapes
from gis.datum import to_wgs84, transform_geometry
from gis.errors import NotFound


@dataclass(frozen=True)
class Source:
    """The folder that a profile's files are read from."""

    folder: Path

    def path(self, name: str) -> Path:
        """A file of the folder; NotFound says what is missing and where."""
        file = self.folder / name
        if not file.is_file():
            raise NotFound("The city's file {file} is not in {folder}.", file=name, folder=str(self.folder))
        return file

    def rows(self, part: File) -> pd.DataFrame:
        """Rows with a `geom` column in EPSG:4326 (None where there is none); `line` is the row's line in the file."""
        path = self.path(part.file)
        if ".csv" in path.suffixes:
            frame = pd.read_csv(path, dtype=str, keep_default_na=False)
            frame["geom"] = _points(frame, part.datum)
        else:
            shapes = read_shapes(path)
            frame = pd.DataFrame(shapes.drop(columns="geometry"))
            frame["geom"] = transform_geometry(shapes.geometry.to_numpy(), part.datum)
        frame["line"] = np.arange(len(frame)) + 2
        return frame


def _points(frame: pd.DataFrame, datum: str) -> NDArray[np.object_]:
    """Points from the columns lon and lat; None where either is blank or no number."""
    lon = pd.to_numeric(frame["lon"], errors="coerce").to_numpy(float)
    lat = pd.to_numeric(frame["lat"], errors="coerce").to_numpy(float)
    points = np.full(len(frame), None, dtype=object)
    given = np.isfinite(lon) & np.isfinite(lat)
    moved = to_wgs84(lon[given], lat[given], datum)
    points[given] = shapely.points(*moved)
    return points


def fill(template: str, frame: pd.DataFrame, words: Mapping[str, str] | None = None) -> list[str]:
    """A template over each row: ``Ward {WARD}``; ``{#}`` is the row's line. A result in `words` is replaced by it.

    A blank column leaves no blank at either end.
    """
    if not template:
        return [""] * len(frame)
    template = template.replace("{#}", "{line}")
    texts = [template.format_map(row).strip() for row in frame.to_dict("records")]
    return [words.get(text, text) for text in texts] if words else texts


def worded(frame: pd.DataFrame, words: Mapping[str, Mapping[str, str]]) -> pd.DataFrame:
    """Columns whose values are said in words; values without a word stay."""
    return frame.assign(**{name: frame[name].replace(dict(known)) for name, known in words.items()})


def where(frame: pd.DataFrame, wanted: Mapping[str, str]) -> pd.DataFrame:
    """The rows whose columns hold the wanted values."""
    kept = [i for i, row in enumerate(frame.to_dict("records")) if all(row[k] == v for k, v in wanted.items())]
    return pd.DataFrame(frame.iloc[kept]).reset_index(drop=True)


def parts(frame: pd.DataFrame, kind: str) -> pd.DataFrame:
    """One row for each simple part ("Polygon", "LineString") of multi-part shapes; mended where invalid."""
    shapes = frame["geom"].to_numpy().copy()
    broken = ~shapely.is_valid(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken])
    pieces, index = shapely.get_parts(shapes, return_index=True)
    deeper, again = shapely.get_parts(pieces, return_index=True)
    wanted = np.array([piece.geom_type == kind for piece in deeper], dtype=bool)
    chosen = pd.DataFrame(frame.iloc[index[again][wanted]])
    return chosen.assign(geom=deeper[wanted]).reset_index(drop=True)
