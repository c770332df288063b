"""The city's road network: edges between junctions made from the register of roads, kept until the roads change."""

from __future__ import annotations

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from gis.roads.edges import edges_of, line_of
from gis.roads.network import Network
from gis.roads.store import stage
from gis.statements import q, run
from grid.models import City, Road, RoadEdge, RoadGraph

LOCK = 220_032


def network(db: Session) -> Network | None:
    """The network of today's roads, made anew where they are others than when it was made; None without any."""
    now = version(db)
    if db.scalar(select(RoadGraph.version)) != now:
        db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        if db.scalar(select(RoadGraph.version)) != now:  # another was faster
            _build(db, now)
    if db.scalar(select(RoadEdge.id).limit(1)) is None:
        return None
    return Network(RoadEdge.__tablename__, _crs(db))


def _crs(db: Session) -> int:
    return int(db.scalar(select(City.crs_epsg)) or 3857)


def version(db: Session) -> str:
    """What the edges depend on: the loading of the city, and which roads there are."""
    loaded = db.scalar(select(City.loaded_at))
    count, last, total = db.execute(select(func.count(), func.max(Road.id), func.sum(Road.id)).select_from(Road)).one()
    return f"{loaded.isoformat() if loaded else ''}|{count}|{last}|{total}"


def _build(db: Session, version: str) -> None:
    """All ways are in it; who goes where is asked of it (`gis.roads.network.Going`)."""
    db.execute(delete(RoadEdge))
    db.execute(delete(RoadGraph))
    asked = select(Road.id, Road.road_class, Road.is_oneway, func.ST_AsBinary(Road.geom)).order_by(Road.id)
    rows = db.execute(asked).all()
    edges = edges_of([line_of(row[3]) for row in rows], [bool(row[2]) for row in rows])
    staged = stage(db, edges, [str(row[1]) for row in rows], [int(row[0]) for row in rows])
    run(db, q(
        "INSERT INTO road_edges (id, source, target, metres, is_oneway, kind, road_id, geom, line)"
        " SELECT id, source, target, metres, is_oneway, kind, of, geom, ST_Transform(geom, {crs}) FROM {staged}",
        crs=_crs(db), staged=staged,
    ))  # fmt: skip
    run(db, q("DROP TABLE {staged}", staged=staged))
    db.add(RoadGraph(version=version))
    db.flush()
