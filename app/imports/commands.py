"""Commands of imports: files in, layers out, and the bench."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from sqlalchemy.orm import Session

from app.accounts.rights import RIGHTS
from app.accounts.service import need, viewer_of
from app.imports.columns import parse_maps
from app.imports.export import export_layer
from app.imports.progress import share_bar
from app.imports.register import ImportRegister
from app.imports.service import Options, Report, import_file, refused_path
from app.launch.context import open_city
from app.launch.progress import screen
from app.settings import Settings
from app.web.assembly import Assembly
from app.web.create import create_app
from gis.db import transaction
from gis.errors import InvalidInput, NotFound
from grid.reach import Viewer, whole_city


@click.command("import")
@click.argument("register")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--map", "maps", multiple=True, metavar="FIELD=COLUMN", help="Which column goes into a field; lon, lat and wkt too."
)
@click.option("--datum", help="wgs84, cgcs2000, gcj02, bd09, EPSG:n or a PROJ string. [default: what the file says]")
@click.option("--layer", help="Which layer or sheet of the file. [default: the first with geometry]")
@click.option("--encoding", help="Encoding of the texts. [default: guessed, and shown]")
@click.option("--system", default="import", show_default=True, help="Name of the system whose ids the file holds.")
@click.option("--as", "user", metavar="USER", help="Take in as this account: with its rights and areas only.")
@click.option("--dry-run", is_flag=True, help="Do all of it, say what would come of it, and take it back.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
def import_(
    register: str, file: Path, maps: tuple[str, ...], datum: str | None, layer: str | None, encoding: str | None,
    system: str, user: str | None, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Take FILE into REGISTER (cases, events, components, facilities, …).

    Reads everything GDAL reads, CSV and XLSX; zipped or not. Rows that can't be taken go to FILE.refused.csv with line
    and reason. Running it twice adds nothing. It is one transaction: all of the good rows, or none.
    """
    city = _assembly(open_city())
    chosen = _register(city, register)
    options = Options(parse_maps(maps), datum, layer, encoding, system, dry_run=dry_run, refused_to=refused_path(file))
    with share_bar(f"{file.name} → {chosen.name}") as progress, transaction() as db:
        viewer = _viewer(db, user, "import")
        report = import_file(db, viewer, chosen, file, options, progress=progress)
    if as_json:
        click.echo(json.dumps(_figures(report), ensure_ascii=False))
    else:
        show(report)


@click.command()
@click.argument("layer")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--as", "user", metavar="USER", help="Write only what this account may see. [default: everything]")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
def export(layer: str, file: Path, user: str | None, as_json: bool) -> None:
    """Write LAYER to FILE: .gpkg .geojson .parquet .csv .shp .kml .fgb by its ending.

    The rows are those that the viewer sees on the map; layers of people leave as counts by cell.
    """
    city = _assembly(open_city())
    if not file.absolute().parent.is_dir():
        raise NotFound("There is no folder {name}.", name=file.absolute().parent)
    with share_bar(f"{layer} → {file.name}") as progress, transaction() as db:
        viewer = _viewer(db, user, "export")
        chosen = city.layers.get(layer, viewer)
        done = 0

        def advance(rows: int) -> None:
            nonlocal done
            done += rows
            progress(done, 0.0)

        written = export_layer(db, chosen, viewer, file.absolute(), progress=advance)
    if as_json:
        click.echo(
            json.dumps({"file": str(file), "rows": written.rows, "renamed": written.renamed, "cut": written.cut})
        )
        return
    screen.print(f"  {written.rows:,} rows in {file}")
    for asked, name in written.renamed.items():
        screen.print(f"  column {asked} is called {name}: a Shapefile has names of ten bytes")
    if written.cut:
        screen.print(f"  {written.cut:,} texts were cut at 254 bytes, the most that a Shapefile holds")


def _assembly(settings: Settings) -> Assembly:
    city: Assembly = create_app(settings).extensions["city"]
    return city


def _register(city: Assembly, name: str) -> ImportRegister:
    if name not in city.registers:
        raise InvalidInput(
            "There is no register {name}. There are: {names}", name=name, names=", ".join(sorted(city.registers))
        )
    found: ImportRegister = city.registers[name]
    return found


def _viewer(db: Session, user: str | None, act: str) -> Viewer:
    """The named account, or the operator at the server: everything in reach."""
    return whole_city(RIGHTS, name=f"./city {act}") if user is None else viewer_of(need(db, user))


def _figures(report: Report) -> dict[str, Any]:
    return {
        "register": report.register, "read": report.read, "located": report.located, "added": report.added,
        "already_there": report.already_there, "refused": report.refused, "refused_by": dict(report.refused_by),
        "mended": dict(report.mended), "snapped": report.snapped, "datum": report.datum, "dry_run": report.dry_run,
        "refused_file": None if report.refused_file is None else str(report.refused_file),
        "guess": None if report.guess is None else asdict(report.guess),
        "columns": None if report.columns is None else dict(report.columns.fields),
    }  # fmt: skip


def show(report: Report) -> None:
    """What came of it, and what had to be guessed."""
    guess, columns = report.guess, report.columns
    if guess is not None:
        layer = f", layer {guess.layer} of {len(guess.layers)}" if len(guess.layers) > 1 else ""
        screen.print(f"  read as {guess.format}{layer}, {guess.encoding} ({guess.encoding_is}), {report.datum}"
                     f" ({guess.datum_is}{': ' + guess.datum_why if guess.datum_why else ''})")  # fmt: skip
        for note in guess.notes:
            screen.print(f"  {note}")
    if columns is not None:
        screen.print("  " + ", ".join(f"{name} ← {column}" for name, column in columns.fields.items()))
        if columns.rest:
            screen.print(f"  no field took: {', '.join(columns.rest)}")
    table = Table("", "rows", show_header=False, box=None, pad_edge=True)
    for name, count in (("read", report.read), ("located", report.located), ("added", report.added),
                        ("already there", report.already_there), ("refused", report.refused)):  # fmt: skip
        table.add_row(name, f"{count:,}")
    for code, count in sorted(report.refused_by.items()):
        table.add_row(f"  {code}", f"{count:,}")
    for code, count in sorted(report.mended.items()):
        table.add_row(f"  mended: {code}", f"{count:,}")
    screen.print(table)
    if report.refused_file is not None:
        screen.print(f"  refused rows, with their reasons: {report.refused_file}")
    if report.dry_run:
        screen.print("  nothing was written (--dry-run)")


COMMANDS: tuple[click.Command, ...] = (import_, export)
