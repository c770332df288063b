"""Every file of the shared data is read once, and holds what its description says."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
import shapely

from gis.checks_many import read_many
from gis.files.read import open_file
from tests.conftest import SHARED

DATA = SHARED / "data"


def described() -> Iterator[tuple[str, int | None, tuple[float, ...] | None, list[str]]]:
    """Path, rows, bounding box and columns of each file, as data/README.md states them."""
    for part in re.split(r"^### ", (DATA / "README.md").read_text(encoding="utf-8"), flags=re.M)[1:]:
        path = part.split("\n", 1)[0].strip()
        rows = re.search(r"rows ([\d,]+)", part)
        box = re.search(r"bbox (-?[\d.]+), (-?[\d.]+), (-?[\d.]+), (-?[\d.]+)", part)
        columns = re.search(r"^- columns: (.+)$", part, flags=re.M)
        yield (
            path,
            int(rows[1].replace(",", "")) if rows else None,
            tuple(float(one) for one in box.groups()) if box else None,
            columns[1].split(", ") if columns else [],
        )


FILES = list(described())


def test_the_description_names_every_file():
    here = {str(p.relative_to(DATA)) for p in DATA.rglob("*") if p.is_file() and p.name != "README.md"}
    assert here == {path for path, *_ in FILES}


@pytest.mark.parametrize(("path", "rows", "box", "columns"), FILES, ids=[one[0] for one in FILES])
def test_a_file_has_the_rows_columns_and_bounds_that_are_stated(path, rows, box, columns):
    found, west, south, east, north = 0, 181.0, 91.0, -181.0, -91.0
    with open_file(DATA / path, layer="lines" if ".osm" in path else None) as source:
        guess = source.guess
        for batch in source.batches():
            assert batch.broken == []
            found += len(batch.table)
            if batch.wkb is not None:
                shapes = read_many(np.array(batch.wkb.to_pylist(), dtype=object)).geoms
                bounds = shapely.total_bounds(shapes)
            elif guess.x is not None:
                x, y = (np.array(batch.table.column(n).to_pylist(), dtype=float) for n in (guess.x, guess.y))
                bounds = np.array([np.nanmin(x), np.nanmin(y), np.nanmax(x), np.nanmax(y)])
            else:
                continue
            west, south = min(west, bounds[0]), min(south, bounds[1])
            east, north = max(east, bounds[2]), max(north, bounds[3])
    assert found == (796 if ".osm" in path else rows)
    if ".osm" not in path:
        assert set(columns) <= set(guess.columns)
    if box is not None:
        assert guess.datum == "wgs84"
        assert (west, south, east, north) == pytest.approx(box, abs=1e-4)


def test_codes_keep_their_digits():
    with open_file(DATA / "china/streets.csv.gz") as source:
        codes = [code for batch in source.batches() for code in batch.table.column("code").to_pylist()]
    assert {len(code) for code in codes} == {9}
