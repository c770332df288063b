"""`./city bench layers`: an uploaded layer of many points, tile by tile and page by page, beside tipg and pygeoapi.

Cold tiles are asked for once by a server that was just started; warm ones again when it holds them all. tipg's cache
is off: what it keeps it never drops for a write.
"""

from __future__ import annotations

import http.client
import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.rights import RIGHTS
from app.datasets import service, tables
from app.datasets.bench_peers import pygeoapi, tipg
from app.datasets.bench_watchers import watchers
from app.datasets.models import Audience, Dataset
from app.datasets.service import Wish
from app.maps.bench_city import MIDDLE, Served, Town, served, town
from app.maps.bench_load import answers_a_second
from gis.errors import Unavailable
from grid.reach import whole_city
from layers.mercator import tile_at

COLD_MS, SIZE_KB, GROWTH = 100.0, 200.0, 1.3
TILES_TIMES, WARM_TIMES, FEATURES_TIMES = 3.0, 30.0, 5.0
WARM_A_SECOND, WARM_S = 5_000.0, 4.0
CLIENTS, TILES, PAGES, ASKED = 8, 244, 484, 5
SMALL = 100_000
BUSY = ((121.45, 31.23), (121.47, 31.25), (121.40, 31.20), (121.60, 31.10))
# Half of the points in twenty heaps a few kilometres wide, half strewn over a degree
FILL = text(
    "INSERT INTO {table} (geom, name, kind) SELECT ST_SetSRID(ST_MakePoint("
    " 121.45 + CASE WHEN n % 2 = 0 THEN (random() - 0.5) ELSE (n / 2 % 5 - 2) * 0.05"
    "  + (random() + random() + random() - 1.5) * 0.04 END,"
    " 31.23 + CASE WHEN n % 2 = 0 THEN (random() - 0.5) ELSE (n / 10 % 4 - 2) * 0.05"
    "  + (random() + random() + random() - 1.5) * 0.04 END), 4326), 'Row ' || n, n % 7"
    " FROM generate_series(1, :rows) n".replace("{table}", "bench_points")
)


def bench_layers(rows: int) -> Iterator[dict[str, Any]]:
    """Any tile cold, its size, how a tile of zoom 9 grows with the rows; tiles and features beside tipg; edits seen."""
    with town(0) as of:
        names = {"big": _layer(of, "big", rows), "small": _layer(of, "small", SMALL)}
        with served(of, tile_cache_mb=0) as server, closing(server.connect()) as client:
            yield from _any_zoom(client)
            yield _growth(client)
        with served(of) as server, closing(server.connect()) as client:
            yield _edits(server, client)
            yield from watchers(of, server)
        with served(of) as server:
            ours = _both(server.port, "/tiles/big/{z}/{x}/{y}.mvt", _pages("/ogc/collections/big/items"))
            warm = _warm(server.port, "/tiles/big/{z}/{x}/{y}.mvt")
        with tipg(of) as port:
            place = f"/collections/public.{names['big']}"
            theirs = _both(port, f"{place}/tiles/WebMercatorQuad/{{z}}/{{x}}/{{y}}", _pages(f"{place}/items"))
        with pygeoapi(of, names["big"]) as port:
            others = _rate(port, _pages("/collections/big/items"))
    yield _times("layers: cold tiles z14–16, 8 clients", ours[0], theirs[0], TILES_TIMES)
    yield _times("layers: warm tiles z14–16, 8 clients", warm, theirs[0], WARM_TIMES)
    yield {
        "name": "layers: warm tiles a second", "value": round(warm, 1), "unit": "1/s", "reference": WARM_A_SECOND,
        "ratio": round(warm / WARM_A_SECOND, 3), "limit": 1.0, "ok": warm >= WARM_A_SECOND,
    }  # fmt: skip
    yield _times("layers: features by box, 8 clients", ours[1], theirs[1], FEATURES_TIMES)
    yield _times("layers: features by box, 8 clients, pygeoapi", ours[1], others, FEATURES_TIMES)


def _layer(of: Town, name: str, rows: int) -> str:
    """A public layer of so many points; the name of its table."""
    with Session(of.engine) as db, db.begin():
        made: Dataset = service.add_empty(
            db, whole_city(RIGHTS), name, Wish(name, audience=Audience.PUBLIC), lambda _: False
        )
        columns = [("name", "text"), ("kind", "bigint")]
        tables.create(db, made.table, "POINT", columns)
        db.execute(text("SELECT setseed(0.5)"))
        db.execute(text(FILL.text.replace("bench_points", made.table)), {"rows": rows})
        made.geometry = "POINT"
        made.owner_id = db.execute(text("SELECT id FROM accounts WHERE name = 'bench'")).scalar_one()
        kinds = {"name": "text", "kind": "number"}
        made.columns = [{"name": one, "title": one, "kind": kind} for one, kind in kinds.items()]
        service.seal(db, made)
        return made.table


def _any_zoom(client: http.client.HTTPConnection) -> Iterator[dict[str, Any]]:
    """The busiest places at every zoom, each tile once."""
    worst_ms, worst_kb, slowest = 0.0, 0.0, 0
    for z in range(19):
        for at in {tile_at(lon, lat, z) for lon, lat in BUSY}:
            spent_ms, body = _ask(client, f"/tiles/big/{at.z}/{at.x}/{at.y}.mvt")
            slowest = z if spent_ms > worst_ms else slowest
            worst_ms, worst_kb = max(worst_ms, spent_ms), max(worst_kb, len(body) / 1e3)
    yield _figure(f"layers: slowest tile of all zooms, cold (z{slowest})", worst_ms, "ms", COLD_MS)
    yield _figure("layers: largest tile, packed", worst_kb, "kB", SIZE_KB)


def _growth(client: http.client.HTTPConnection) -> dict[str, Any]:
    """A tile of zoom 9 of the big layer against the same of the small one, by turns; the median of pairs."""
    at = tile_at(*MIDDLE, 9)
    pairs = []
    for _ in range(ASKED):
        big, small = (_ask(client, f"/tiles/{name}/{at.z}/{at.x}/{at.y}.mvt")[0] for name in ("big", "small"))
        pairs.append((big, small))
    ratio = statistics.median(big / small for big, small in pairs)
    return {
        "name": f"layers: tile z9, against {SMALL:,} points", "value": round(statistics.median(b for b, _ in pairs), 2),
        "unit": "ms", "reference": round(statistics.median(s for _, s in pairs), 2), "ratio": round(ratio, 3),
        "limit": GROWTH, "ok": ratio <= GROWTH,
    }  # fmt: skip


def _edits(server: Served, client: http.client.HTTPConnection) -> dict[str, Any]:
    """Points added one by one in an empty place; the very next tile of it must hold each of them."""
    headers = {"Authorization": f"Bearer {server.token}", "Content-Type": "application/json"}
    right = 0
    for number in range(20):
        lon = 100.0 + number * 0.1
        shape = {"type": "Point", "coordinates": [lon, 10.0]}
        body = json.dumps({"type": "Feature", "geometry": shape, "properties": {"name": f"new {number}"}})
        client.request("POST", "/ogc/collections/big/items", body, headers)
        answer = client.getresponse()
        answer.read()
        at = tile_at(lon, 10.0, 12)
        found = _ask(client, f"/tiles/big/{at.z}/{at.x}/{at.y}.mvt")[1] if answer.status == 201 else b""
        right += f"new {number}".encode() in found
    return {
        "name": "layers: edits that the next tile holds", "value": right, "unit": "of 20", "reference": 20,
        "ratio": right / 20, "limit": 1.0, "ok": right == 20,
    }  # fmt: skip


def _pages(items: str) -> list[str]:
    boxes = [(121.2 + n % 12 * 0.04, 31.0 + n // 12 % 10 * 0.04) for n in range(PAGES)]
    return [f"{items}?limit=100&f=json&bbox={x:.4f},{y:.4f},{x + 0.02:.4f},{y + 0.02:.4f}" for x, y in boxes]


def _both(port: int, tiles: str, pages: list[str]) -> tuple[float, float]:
    """Answers a second for distinct tiles of zoom 14 to 16, and for pages."""
    return _rate(port, _tiles(tiles)), _rate(port, pages)


def _warm(port: int, tiles: str) -> float:
    """Answers a second for the same tiles when both processes hold all of them."""
    answers_a_second(port, _tiles(tiles), clients=CLIENTS, seconds=WARM_S)
    return answers_a_second(port, _tiles(tiles), clients=CLIENTS, seconds=WARM_S)


def _tiles(tiles: str) -> list[str]:
    """The addresses of `TILES` distinct tiles of zoom 14 to 16."""
    found: dict[Any, None] = {}
    for n in range(TILES * 3):
        z = 14 + n % 3
        at = tile_at(121.25 + (n * 0.6180339887 % 1) * 0.4, 31.03 + (n * 0.7548776662 % 1) * 0.4, z)
        found[at] = None
    return [tiles.format(z=at.z, x=at.x, y=at.y) for at in list(found)[:TILES]]


def _rate(port: int, addresses: Sequence[str]) -> float:
    """Answers a second for distinct addresses, once the server has opened its connections."""
    answers_a_second(port, [*addresses[:4]] * CLIENTS, clients=CLIENTS)
    return answers_a_second(port, addresses[4:], clients=CLIENTS)


def _ask(client: http.client.HTTPConnection, address: str) -> tuple[float, bytes]:
    """Milliseconds, and the body as it travelled (packed for a size, plain where it is looked into)."""
    began = time.perf_counter()
    client.request("GET", address, headers={"Accept-Encoding": "identity" if "/12/" in address else "gzip"})
    answer = client.getresponse()
    body = answer.read()
    if answer.status not in (200, 204):
        raise Unavailable("{address} was answered with {status}.", address=address, status=answer.status)
    return 1000 * (time.perf_counter() - began), body


def _figure(name: str, value: float, unit: str, limit: float) -> dict[str, Any]:
    return {
        "name": name, "value": round(value, 1), "unit": unit, "reference": limit, "ratio": round(value / limit, 3),
        "limit": 1.0, "ok": value <= limit,
    }  # fmt: skip


def _times(name: str, ours: float, theirs: float, limit: float) -> dict[str, Any]:
    return {
        "name": name, "value": round(ours, 1), "unit": "1/s", "reference": round(theirs, 1),
        "ratio": round(ours / theirs, 2), "limit": limit, "ok": ours >= limit * theirs,
    }  # fmt: skip


BENCHES: dict[str, Callable[[int], Iterator[dict[str, Any]]]] = {"layers": bench_layers}
