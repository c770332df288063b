"""`./city bench overlay`: a recipe that intersects buildings with flood areas, beside PostGIS by hand and geopandas.

The hand-written statements are the best that we know: whole masks only where they have few vertices, the others cut up
by `ST_Subdivide`, buildings that lie in a piece taken as they are, the parts of a pair put together again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.service import need, viewer_of
from app.datasets import service as datasets
from app.datasets import tables
from app.datasets.models import Dataset
from app.datasets.service import Wish
from app.maps.bench_city import Town, town
from app.planning import service
from app.planning.models import RunState
from app.planning.runs import carry_out
from app.planning.working import PARALLEL
from app.settings import read_settings
from app.web.assembly import Assembly
from app.web.create import create_app
from gis import bulk
from gis import db as database
from gis.errors import Unavailable
from grid.reach import Viewer
from layers.layer import Registry

FLOODS, CORNERS, APART_M = 2_000, 300, 50.0
BY_HAND, BY_GEOPANDAS, AGREE, FACTOR = 1.2, 1.0, 1e-6, 4.0
TIMES = 3
SOUTH_WEST = (400_000.0, 3_430_000.0)
Shapes = NDArray[np.object_]
STEPS = [{"do": "intersect", "as": "wet", "of": "houses", "with": "floods"}]
HAND = (
    "DROP TABLE IF EXISTS hand_pieces, hand_parts, hand",
    "CREATE UNLOGGED TABLE hand_pieces AS SELECT id, ST_Subdivide(geom, 128) AS geom FROM hand_b",
    "CREATE INDEX ON hand_pieces USING gist (geom)",
    "ANALYZE hand_pieces",
    "CREATE UNLOGGED TABLE hand_parts AS SELECT a.id AS a, p.id AS b, CASE WHEN NOT ST_Covers(p.geom, a.geom)"
    " THEN ST_Intersection(a.geom, p.geom) END AS part FROM hand_pieces p JOIN hand_a a"
    " ON ST_Intersects(p.geom, a.geom)",
    "CREATE UNLOGGED TABLE hand AS SELECT m.a, m.b, x.name, y.name AS name_2, coalesce(m.part, x.geom) AS geom FROM ("
    " SELECT a, b, CASE WHEN bool_or(part IS NULL) THEN NULL WHEN count(*) = 1 THEN (array_agg(part))[1]"
    " ELSE ST_Union(array_agg(part)) END AS part FROM hand_parts WHERE part IS NULL OR ST_Dimension(part) = 2"
    " GROUP BY a, b) AS m JOIN hand_a x ON x.id = m.a JOIN hand_b y ON y.id = m.b",
)


def bench_overlay(rows: int) -> Iterator[dict[str, Any]]:
    """The step against PostGIS by hand and geopandas, the areas of all three, the whole run, and what was expected."""
    houses, floods = buildings(rows), flood_areas(rows)
    with town(0) as of, Session(of.engine) as db:
        database.bind(of.engine)
        viewer, registry = _city(of, db, houses, floods)
        runs = [_run(db, viewer, registry) for _ in range(TIMES)]
        step = min(float(run["steps"][0]["seconds"]) for run in runs)
        whole, expected = min(run["whole"] for run in runs), float(runs[0]["expected"])
        by_hand, hand_m2 = _by_hand(db, int(runs[0]["crs"]))
        pandas_s, pandas_m2, pandas_whole = _by_geopandas(of, db, int(runs[0]["crs"]))
        database.bind(None)
        ours_m2 = float(runs[0]["m2"])
    yield _against(f"overlay: {rows:,} × {FLOODS:,}, step against PostGIS by hand", step, by_hand, BY_HAND)
    # geopandas in memory has no tables to read, no sums to hold and nothing to keep: told, not held against us
    yield _against("overlay: step, and geopandas.overlay in memory", step, pandas_s, None)
    yield _against("overlay: from tables to a table, against geopandas", whole, pandas_whole, BY_GEOPANDAS)
    for name, other in (("PostGIS by hand", hand_m2), ("geopandas", pandas_m2)):
        off = abs(ours_m2 - other) / other
        yield {"name": f"overlay: area, off from {name}", "value": float(f"{off:.2e}"), "unit": "of it",
               "reference": None, "ratio": None, "limit": AGREE, "ok": off <= AGREE}  # fmt: skip
    factor = max(whole / expected, expected / whole)
    yield {"name": "overlay: estimate, off by a factor", "value": round(factor, 2), "unit": "times",
           "reference": round(expected, 2), "ratio": None, "limit": FACTOR, "ok": factor <= FACTOR}  # fmt: skip


def buildings(rows: int) -> Shapes:
    """Houses of four to eight corners, `APART_M` apart and turned, in metres."""
    rng = np.random.default_rng(11)
    side = math.ceil(math.sqrt(rows))
    at = np.stack(np.divmod(np.arange(rows), side), axis=1) * APART_M + SOUTH_WEST + rng.uniform(0, 20, (rows, 2))
    long, wide, turn = rng.uniform(10, 28, rows), rng.uniform(8, 16, rows), rng.uniform(0, math.pi, rows)
    wing = np.where(rng.random(rows) < 0.5, 0.5, 0.0)  # half of them have one: an L
    x = np.stack([0 * long, long, long, long * (1 - wing), long * (1 - wing), 0 * long, 0 * long], axis=1)
    y = np.stack([0 * wide, 0 * wide, wide * (1 - wing), wide * (1 - wing), wide, wide, 0 * wide], axis=1)
    sin, cos = np.sin(turn)[:, None], np.cos(turn)[:, None]
    ring = np.stack([x * cos - y * sin + at[:, :1], x * sin + y * cos + at[:, 1:]], axis=2)
    made: Shapes = np.asarray(shapely.polygons(ring))
    return made


def flood_areas(rows: int) -> Shapes:
    """Ragged areas of 300 corners strewn over the houses; some lie on each other."""
    rng = np.random.default_rng(12)
    span = math.ceil(math.sqrt(rows)) * APART_M
    middles = rng.uniform(0, span, (FLOODS, 2)) + SOUTH_WEST
    angle = np.linspace(0, 2 * math.pi, CORNERS, endpoint=False)
    waves = sum(rng.uniform(0, 0.25 / k, (FLOODS, 1)) * np.sin(k * angle + rng.uniform(0, 6.3, (FLOODS, 1)))
                for k in (2, 3, 5, 9, 17))  # fmt: skip
    radius = rng.uniform(0.3, 1.0, (FLOODS, 1)) * span / math.sqrt(FLOODS) * 0.6 * (1 + waves)
    ring = np.stack([middles[:, :1] + radius * np.cos(angle), middles[:, 1:] + radius * np.sin(angle)], axis=2)
    made: Shapes = np.asarray(shapely.polygons(ring))
    return made


def _city(of: Town, db: Session, houses: Shapes, floods: Shapes) -> tuple[Viewer, Registry]:
    """Both as layers of the planner's."""
    app = create_app(read_settings({"CITY_HOME": str(of.home), "DATABASE_URL": of.url}))
    registry: Registry = app.extensions["city"].layers
    assert isinstance(app.extensions["city"], Assembly)
    viewer = viewer_of(need(db, "bench"))
    crs = int(db.execute(text("SELECT crs_epsg FROM city")).scalar_one())
    for name, shapes in (("houses", houses), ("floods", floods)):
        made = datasets.add_empty(db, viewer, name, Wish(name), lambda _: False)
        _fill(db, made, shapes, crs)
    db.commit()
    return viewer, registry


def _fill(db: Session, made: Dataset, shapes: Shapes, crs: int) -> None:
    tables.create(db, made.table, "POLYGON", [("name", "text")])
    lonlat = gpd.GeoSeries(shapes, crs=crs).to_crs(4326).to_numpy()
    names = pa.array([f"{made.layer_id} {n}" for n in range(len(shapes))])
    bulk.copy_rows(db, made.table, pa.table({"geom": bulk.hex_shapes(lonlat), "name": names}))
    made.geometry = "POLYGON"
    made.columns = [{"name": "name", "title": "name", "kind": "text"}]
    datasets.seal(db, made)


def _run(db: Session, viewer: Viewer, registry: Registry) -> dict[str, Any]:
    """The recipe carried out, as the worker does it."""
    recipe = service.find(db, viewer, "bench") or service.create(db, viewer, "bench", "", STEPS)
    made = service.add_run(db, viewer, registry, recipe)
    db.commit()
    began = time.perf_counter()
    carry_out(registry, viewer, made.id)
    whole = time.perf_counter() - began
    db.expire_all()
    done = service.get_run(db, viewer, recipe.id, made.id)
    layer = service.layer_of(db, recipe)
    if done.state != RunState.DONE or layer is None:
        raise Unavailable("The recipe did not come to its end: {reason}", reason=done.error)
    m2 = db.execute(text(f"SELECT sum(ST_Area(ST_Transform(geom, {int(done.told['crs'])}))) FROM {layer.table}"))  # noqa: S608
    found = {"whole": whole, "expected": done.estimate["seconds"], "m2": m2.scalar_one(), **done.told}
    db.commit()
    return found


def _by_hand(db: Session, crs: int) -> tuple[float, float]:
    """Seconds and square metres of the statements by hand, from tables in metres with their indexes."""
    for name, layer in (("hand_a", "houses"), ("hand_b", "floods")):
        table = db.execute(text("SELECT id FROM datasets WHERE layer_id = :id"), {"id": layer}).scalar_one()
        db.execute(text(f"CREATE UNLOGGED TABLE {name} AS SELECT id, name, ST_Transform(geom, {crs}) AS geom"  # noqa: S608
                        f" FROM dataset_{int(table)}"))  # fmt: skip
        db.execute(text(f"CREATE INDEX ON {name} USING gist (geom)"))
        db.execute(text(f"ANALYZE {name}"))
    db.commit()

    def once() -> None:
        db.execute(text(PARALLEL))
        for statement in HAND:
            db.execute(text(statement))
        db.commit()

    return _least(once, TIMES), float(db.execute(text("SELECT sum(ST_Area(geom)) FROM hand")).scalar_one())


def _by_geopandas(of: Town, db: Session, crs: int) -> tuple[float, float, float]:
    """Seconds of `geopandas.overlay` by itself, its square metres, and seconds from the same tables to a table."""
    asked = text("SELECT id FROM datasets WHERE layer_id IN ('houses', 'floods') ORDER BY layer_id DESC")
    names = [f"dataset_{int(one)}" for one in db.execute(asked).scalars()]
    alone, whole, m2 = [], [], 0.0
    for _ in range(TIMES):
        began = time.perf_counter()
        a, b = (
            gpd.read_postgis(f"SELECT id, name, geom FROM {name}", of.engine).to_crs(crs)  # noqa: S608
            for name in names
        )
        read = time.perf_counter()
        made = gpd.overlay(a, b, how="intersection")
        alone.append(time.perf_counter() - read)
        m2 = float(made.area.sum())
        lonlat = made.to_crs(4326)
        db.execute(text("DROP TABLE IF EXISTS by_geopandas"))
        db.execute(text("CREATE TABLE by_geopandas (geom geometry, name text, name_2 text)"))
        bulk.copy_rows(db, "by_geopandas", pa.table({
            "geom": bulk.hex_shapes(lonlat.geometry.to_numpy()), "name": pa.array(made["name_1"].astype(str)),
            "name_2": pa.array(made["name_2"].astype(str)),
        }))  # fmt: skip
        db.execute(text("CREATE INDEX ON by_geopandas USING gist (geom)"))
        db.commit()
        whole.append(time.perf_counter() - began)
    return min(alone), m2, min(whole)


def _least(act: Callable[[], None], times: int) -> float:
    """The shortest of some times: what others do on the machine only makes it longer."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        spent.append(time.perf_counter() - began)
    return min(spent)


def _against(name: str, ours_s: float, theirs_s: float, limit: float | None) -> dict[str, Any]:
    ratio = ours_s / theirs_s
    return {"name": name, "value": round(ours_s, 3), "unit": "s", "reference": round(theirs_s, 3),
            "ratio": round(ratio, 3), "limit": limit, "ok": limit is None or ratio <= limit}  # fmt: skip


BENCHES = {"overlay": bench_overlay}
