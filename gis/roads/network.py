"""A network as a table of edges, and how one goes on it: which ways are open, how fast, in which direction.

The table has ``id``, ``source``, ``target`` (bigint), ``metres`` (along the edge, on the ellipsoid), ``is_oneway``,
``kind`` (text or null: what the way is) and ``line`` (in the metres of the network's CRS, from source to target).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from psycopg import sql

from gis.statements import q

Unit = Literal["m", "min"]


@dataclass(frozen=True)
class Network:
    """A table of edges and the EPSG code of its lines."""

    table: str
    srid: int


@dataclass(frozen=True)
class Going:
    """A way of going: `barred` kinds are closed to it; `kmh` by kind, `usual_kmh` on all others."""

    barred: frozenset[str]
    usual_kmh: float
    kmh: Mapping[str, float] = field(default_factory=dict)
    heeds_oneway: bool = False


WALKING_KMH = 4.8  # 80 m a minute
RAILS = frozenset({"rail", "subway", "tram", "light_rail", "monorail"})
NOT_DRIVEN = RAILS | {"footway", "path", "steps", "cycleway", "pedestrian", "bridleway"}
ON_FOOT = Going(barred=RAILS | {"motorway", "motorway_link"}, usual_kmh=WALKING_KMH)
BY_VEHICLE = Going(
    barred=NOT_DRIVEN, usual_kmh=30.0, heeds_oneway=True,
    kmh={"motorway": 70.0, "trunk": 50.0, "primary": 40.0, "secondary": 35.0, "tertiary": 30.0, "residential": 25.0,
         "service": 15.0, "living_street": 10.0},
)  # fmt: skip  # set by hand: through a city with its lights, not what signs allow


@dataclass(frozen=True)
class Way:
    """What is asked of a network.

    Costs are metres or minutes (`unit`). `towards`: to the starts, not from them, which differs where ways are one-way.
    A place joins the nearest open edge within `joins_m`; the walk there counts, in minutes at walking pace.
    `closed` are ids of edges that nobody passes.
    """

    going: Going = ON_FOOT
    unit: Unit = "m"
    towards: bool = False
    joins_m: float = 300.0
    closed: frozenset[int] = frozenset()

    @property
    def off_road(self) -> float:
        """Cost of a metre beside the network."""
        return 1.0 if self.unit == "m" else 60.0 / (1000.0 * min(WALKING_KMH, self.going.usual_kmh))


def open_edges(network: Network, way: Way) -> sql.Composed:
    """SELECT of the edges that are open: id, source, target, cost, forth and back (whether one may), line."""
    forth = q("NOT ({heeds} AND is_oneway)", heeds=way.going.heeds_oneway)
    return q(
        "SELECT id, source, target, ({cost})::float8 AS cost, {forth} AS forth, {back} AS back, line FROM {table}"
        " WHERE coalesce(kind, '') <> ALL({barred}::text[]) AND id <> ALL({closed}::bigint[])",
        cost=_cost(way), table=network.table, barred=sorted(way.going.barred), closed=sorted(way.closed),
        forth=forth if way.towards else q("true"), back=q("true") if way.towards else forth,
    )  # fmt: skip


def routed(network: Network, way: Way) -> str:
    """The same as pgRouting reads it: a negative cost where one may not go."""
    return q(
        "SELECT id, source, target, CASE WHEN forth THEN cost ELSE -1 END AS cost,"
        " CASE WHEN back THEN cost ELSE -1 END AS reverse_cost FROM ({edges}) AS e", edges=open_edges(network, way),
    ).as_string(None)  # fmt: skip


def _cost(way: Way) -> sql.Composed:
    if way.unit == "m":
        return q("metres")
    faster = [q(" WHEN {kind} THEN {kmh}", kind=sql.Literal(kind), kmh=kmh) for kind, kmh in way.going.kmh.items()]
    pace = q("CASE kind {cases} ELSE {usual} END", cases=sql.Composed(faster), usual=way.going.usual_kmh) if faster \
        else q("{usual}", usual=way.going.usual_kmh)  # fmt: skip
    return q("metres * 60 / (1000.0 * {pace})", pace=pace)
