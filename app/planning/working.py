"""Carry a recipe out: read its layers, do its steps, check the sums, and keep the result as a layer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from psycopg import sql
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.audit.service import record
from app.datasets import past, tables
from app.datasets import service as datasets
from app.datasets.columns import safe_names
from app.datasets.models import Audience, Dataset
from app.datasets.shapes import column_type
from app.planning import chain as chains
from app.planning import inputs, steps
from app.planning.checks import must_agree
from app.planning.desk import SQL_TYPES, Desk, Work, q
from app.planning.models import Recipe
from app.planning.people import must_be_counted
from grid.reach import Viewer
from layers.layer import Layer, Registry

Tell = Callable[[str], None]
HIDDEN = "made_from"
PARALLEL = (
    "SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL parallel_setup_cost = 100; SET LOCAL work_mem = '64MB'"
)


@dataclass(frozen=True)
class Done:
    """What came of the steps: the last result, and the account of inputs, steps and sums."""

    work: Work
    layers: list[Layer]
    told: dict[str, Any]


def layers_for(registry: Registry, viewer: Viewer, chain: list[steps.Step]) -> list[Layer]:
    """The layers that go in, as the viewer may see them; NotFound, PeopleShielded."""
    found = [registry.get(one, viewer) for one in chains.layers_of(chain)]
    people = {one.id for one in found if one.floor is not None}
    for step in chain:
        must_be_counted(step, {taken for taken, name in step.takes().items() if name in people})
        people.discard(step.name)  # from here on the name is the step's
    return found


def work_out(
    db: Session, registry: Registry, viewer: Viewer, chain: list[steps.Step], run_id: int, tell: Tell,
    breathe: Callable[[], None] = lambda: None,
) -> tuple[Desk, Done]:  # fmt: skip
    """Do all steps. The caller clears the desk when it has taken the result."""
    found = layers_for(registry, viewer, chain)
    db.execute(text(PARALLEL))
    desk = Desk(db, inputs.crs_of(db, found, viewer), f"overlay_{run_id}", breathe=breathe)
    known: dict[str, Work] = {}
    told: dict[str, Any] = {"crs": desk.srid, "inputs": [], "steps": []}
    tell("")
    for number, layer in enumerate(found):
        read = inputs.read(desk, number, layer, viewer)
        known[layer.id] = read.work
        told["inputs"].append(read.told(layer.id))
    for step in chain:
        tell(step.name)
        began = time.monotonic()
        made = chains.work_out(desk, step, known)
        must_agree(step.name, made.checks)
        known[step.name] = made.work
        told["steps"].append({
            "as": step.name, "rows": made.work.rows, "seconds": round(time.monotonic() - began, 3),
            "sums": [one.told() for one in made.checks], "left_out": made.left_out, "figures": made.figures,
        })  # fmt: skip
    return desk, Done(known[chain[-1].name], found, told)


def keep(
    db: Session, registry: Registry, viewer: Viewer, recipe: Recipe, run_id: int, desk: Desk, done: Done
) -> Dataset:
    """The result as a layer of the viewer's own; a later run replaces its rows and counts its version up."""
    made = None if recipe.dataset_id is None else db.get(Dataset, recipe.dataset_id, with_for_update=True)
    is_new = made is None
    if made is None:
        wish = datasets.Wish(title=recipe.title)  # for the owner's eyes
        made = datasets.add_empty(db, viewer, recipe.name, wish, registry.is_declared)
        recipe.dataset_id = made.id
    else:
        past.keep(db, made)
        tables.drop(db, made.table)
        made.version += 1
    _fill(desk, made, done.work)
    made.recipe = {
        "recipe": recipe.id, "run": run_id, "steps": recipe.steps, "crs": desk.srid,
        "inputs": [{"layer": one["layer"], "version": one["version"]} for one in done.told["inputs"]],
    }  # fmt: skip
    if datasets.hidden_input(db, made, made.audience) is not None:
        made.audience = Audience.OWNER  # other steps than before: what was shown to others is not any more
    sources = dict.fromkeys(str(one.attribution) for one in done.layers if str(one.attribution))
    made.origin = {"worked_out": True, "source": "; ".join(sources)}
    datasets.seal(db, made)
    record(db, viewer, act="planning.run", subject=made.layer_id, detail={"rows": made.row_count, "new": is_new})
    return made


def _fill(desk: Desk, made: Dataset, work: Work) -> None:
    """The rows of a work table as the table of a data set, in EPSG:4326, in the order of what they were made from."""
    kinds = {str(one) for (one,) in desk.ask(q("SELECT DISTINCT GeometryType(geom) FROM {work}", work=work))}
    made.geometry = column_type(kinds) if kinds else "GEOMETRY"
    names = safe_names([HIDDEN, *(one.name for one in work.columns)])[1:]
    made.columns = [
        {"name": name, "title": one.title, "kind": "text" if one.kind == "choice" else one.kind}
        for name, one in zip(names, work.columns, strict=True)
    ]
    types = [(name, SQL_TYPES[one.kind]) for name, one in zip(names, work.columns, strict=True)]
    tables.create(desk.db, made.table, made.geometry, [*types, (HIDDEN, "bigint[]")])
    shape = "ST_Multi(w.geom)" if made.geometry.startswith("MULTI") else "w.geom"
    desk.run(q(
        "INSERT INTO {table} ({into}) SELECT row_number() OVER (ORDER BY w.made_from, w.id),"
        " ST_Transform({shape}, 4326), w.made_from {given} FROM {work} w ORDER BY w.made_from, w.id",
        table=made.table, work=work, shape=sql.SQL(shape),
        into=sql.SQL(", ").join(sql.Identifier(one) for one in ("id", "geom", HIDDEN, *names)),
        given=sql.Composed([q(", w.{name}", name=one.name) for one in work.columns]),
    ))  # fmt: skip
    _locate(desk, made.table)


def _locate(desk: Desk, table: str) -> None:
    """Area and cell of rows that lie in the city."""
    desk.run(q(
        "UPDATE {table} t SET area_code = c.area_code, unit_cell_id = c.id FROM ("
        " SELECT DISTINCT ON (r.id) r.id AS row, u.area_code, u.id FROM (SELECT id, ST_PointOnSurface(geom) AS spot"
        " FROM {table}, (SELECT boundary FROM city) AS of WHERE geom && of.boundary) AS r JOIN unit_cells u"
        " ON u.valid_to IS NULL AND ST_Intersects(u.geom, r.spot) ORDER BY r.id, u.id) AS c WHERE c.row = t.id",
        table=table,
    ))  # fmt: skip
