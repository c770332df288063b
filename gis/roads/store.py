"""Edges from Python into the database, as a table that others are filled from."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import shapely
from sqlalchemy.orm import Session

from gis.roads.edges import Edge
from gis.statements import fill, q, run


def stage(db: Session, edges: Sequence[Edge], kinds: Sequence[str | None], ids: Sequence[int]) -> str:
    """A temporary table of edges: id, source, target, metres, is_oneway, kind, of (id of the road), geom (EPSG:4326).

    `kinds` and `ids` are those of the roads that the edges were made of.
    """
    name = f"edges_{uuid.uuid4().hex[:12]}"
    run(db, q(
        "CREATE TEMPORARY TABLE {name} (id bigint, source bigint, target bigint, metres float8, is_oneway boolean,"
        " kind text, of bigint, geom geometry(LINESTRING, 4326)) ON COMMIT DROP", name=name,
    ))  # fmt: skip
    shapes = shapely.to_wkb(shapely.set_srid([one.line for one in edges], 4326), hex=True, include_srid=True)
    rows = (
        (at, one.source, one.target, one.metres, one.is_oneway, kinds[one.of], ids[one.of], shape)
        for at, (one, shape) in enumerate(zip(edges, shapes, strict=True), 1)
    )
    fill(db, q("COPY {name} FROM STDIN", name=name), rows)
    return name
