"""`./city layer`: files become layers on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import click
from sqlalchemy.orm import Session

from app.accounts.rights import RIGHTS
from app.accounts.service import need, viewer_of
from app.datasets import queries, service
from app.datasets.examine import Examination, ground_of
from app.datasets.findings import CRS, Choice, choose, safe_ticks
from app.datasets.intake import Taken
from app.datasets.models import Audience, Dataset
from app.datasets.originals import Originals
from app.datasets.shapes import Ground
from app.datasets.words import finding_words
from app.imports.progress import share_bar
from app.launch.context import open_city
from app.launch.progress import screen
from app.web.assembly import Assembly
from app.web.create import create_app
from gis.db import transaction
from gis.errors import InvalidInput
from gis.files.batch import Source
from gis.files.read import open_file
from grid.reach import whole_city
from layers.layer import Registry


@click.group()
def layer() -> None:
    """Layers from files: add, list, remove."""


@layer.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--id", "layer_id", help="Id of the layer in addresses. [default: made of the table's or file's name]")
@click.option("--title", help="What people read. [default: the table's or file's name]")
@click.option("--table", help="Only this table or sheet of the file. [default: each that has a place]")
@click.option("--public", is_flag=True, help="Open to everyone, without a login. [default: to everyone with a login]")
@click.option("--datum", help="wgs84, cgcs2000, gcj02, bd09, EPSG:n or a PROJ string. [default: what the file says]")
@click.option("--encoding", help="Encoding of the texts. [default: guessed]")
@click.option("--source", help="Who made the data and under what licence; shown on maps.")
@click.option("--as", "user", metavar="USER", help="Add as this account, for its eyes only (or all, with --public).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each layer.")
def add(
    file: Path, layer_id: str | None, title: str | None, table: str | None, public: bool, datum: str | None,
    encoding: str | None, source: str | None, user: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Make FILE a layer: GPKG, Shapefile (zipped too), GeoJSON, GeoParquet, CSV, XLSX, KML, DXF and what GDAL reads.

    It may lie anywhere on earth. A GPKG of several tables becomes several layers, named after the tables. Rows that
    can't be taken go to FILE.refused.csv with line and reason. It is one transaction: all layers, or none.

    The doctor looks first. What it can mend without loss or judgement (rings, exchanged axes, encoding, numbers in
    texts, a system that the file does not name) is mended and said; the rest is only said.
    """
    registry = _registry()
    audience = Audience.PUBLIC if public else Audience.OWNER if user else Audience.STAFF
    done: list[tuple[Dataset, Taken, list[dict[str, Any]]]] = []
    with transaction() as db:
        ground = ground_of(db)
        viewer = viewer_of(need(db, user)) if user else whole_city(RIGHTS, "layer")
        for name, opened in _tables(file, table, encoding):
            if layer_id is not None and done:
                raise InvalidInput(
                    "The file holds several tables: choose one with --table, or leave --id away.", field="id"
                )
            with opened, share_bar(f"{file.name} → {name}") as progress:
                if datum is not None:
                    opened.guess.datum, opened.guess.datum_is = datum, "given"
                chosen, found = _safely(db, opened, name, ground)
                wish = service.Wish(
                    layer_id, title, audience, datum or chosen.datum, {"source": source} if source else {},
                    file.with_name(f"{file.name}.refused.csv"),
                )  # fmt: skip
                made = service.add_source(
                    db, viewer, opened, name, wish, registry.is_declared, progress, plan=chosen.plan, ground=ground
                )
                done.append((*made, found))
    for made_, taken, found in done:
        _show(made_, taken, found, as_json=as_json)


@layer.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_(as_json: bool) -> None:
    """The layers that were added."""
    _registry()
    for one in queries.every():
        facts = {"id": one.layer_id, "title": one.title, "audience": one.audience, "geometry": one.geometry,
                 "rows": one.row_count, "version": one.version}  # fmt: skip
        click.echo(
            json.dumps(facts, ensure_ascii=False) if as_json
            else f"{one.layer_id:<30} {one.row_count:>12,} {one.geometry:<16} {one.audience:<7} {one.title}"
        )  # fmt: skip


@layer.command()
@click.argument("layer_id", metavar="ID")
def remove(layer_id: str) -> None:
    """Take a layer that was added away, with its rows."""
    settings = open_city()
    _registry()
    with transaction() as db:
        service.remove(db, whole_city(RIGHTS, "layer"), layer_id, Originals.of(settings))
    click.echo(f"{layer_id} removed")


def _tables(file: Path, table: str | None, encoding: str | None) -> Iterator[tuple[str, Source]]:
    """Each table of the file that has a place, with the name that its layer gets; all of them if none has."""
    stem = file.name.split(".")[0]
    first = open_file(file, layer=table, encoding=encoding)
    if table is not None or len(first.guess.layers) < 2:
        yield table or stem, first
        return
    names = first.guess.layers
    first.close()
    found = [(name, open_file(file, layer=name, encoding=encoding)) for name in names]
    placed = [(name, source) for name, source in found if source.guess.has_place]
    for _, source in found:
        if not source.guess.has_place:
            source.close()
    if not placed:
        raise service.NoPlace("None of the tables has coordinates: {tables}", field="file", tables=", ".join(names))
    yield from placed


def _safely(db: Session, opened: Source, name: str, ground: Ground) -> tuple[Choice, list[dict[str, Any]]]:
    """The mends that need no question, and the findings that are only said."""
    report = Examination(db, opened, name, ground).run()
    ticks = safe_ticks(report)
    said = [one for one in report["findings"] if not ticks.get(one["key"], False) and one["code"] != "crs.unknown"]
    return choose(report, ticks), said


def _show(made: Dataset, taken: Taken, found: list[dict[str, Any]], *, as_json: bool) -> None:
    refused = sum(taken.refused.values())
    facts: dict[str, Any] = {
        "id": made.layer_id, "title": made.title, "audience": made.audience, "geometry": made.geometry,
        "rows": made.row_count, "refused": refused, "refused_by": dict(taken.refused), "mended": dict(taken.mended),
        "datum": made.origin["datum"], "bounds": made.bounds,
        "found": {one["key"]: {"code": one["code"], "count": one["count"], "lines": one["lines"]} for one in found},
    }  # fmt: skip
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    screen.print(f"  {made.layer_id}: {made.row_count:,} rows, {made.geometry}, in {made.origin['datum']}")
    for code, count in sorted(taken.mended.items()):
        screen.print(f"  mended: {count:,} × {code}")
    for one in found:
        words = finding_words(one)
        lines = ", ".join(str(line) for line in one["lines"][:5])
        advice = f"; {words['mend']}: /planning, or --datum" if one["mend"] and one["key"] == CRS else ""
        screen.print(f"  found: {one['count']:,} × {words['title']}{f' (lines {lines} …)' if lines else ''}{advice}")
    for code, count in sorted(taken.refused.items()):
        screen.print(f"  refused: {count:,} × {code} (see {taken.refused_file})")
    screen.print(f"  /ogc/collections/{made.layer_id} · /tiles/{made.layer_id}.json · /map?layers={made.layer_id}")


def _registry() -> Registry:
    return cast(Assembly, create_app(open_city()).extensions["city"]).layers


COMMANDS: tuple[click.Command, ...] = (layer,)
