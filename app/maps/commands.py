"""`./city map`: a thematic map in one file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import click

from app.accounts.rights import RIGHTS
from app.launch.context import open_city
from app.maps.asked import registry
from app.maps.thematic import build
from app.web.city import city_facts
from app.web.create import create_app
from gis.errors import InvalidInput
from grid.reach import whole_city
from layers.classing import SCHEMES
from layers.filters import PREFIX, read_filter
from layers.folium_map import Order
from layers.ramps import NAMES
from layers.ranges import numbers


@click.command("map")
@click.argument("layer_id", metavar="LAYER")
@click.argument("file", metavar="FILE.html", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--by", type=click.Choice(["area", "cell"]), default="area", show_default=True, help="What is coloured.")
@click.option("--level", help="Level of areas, for example street; the finest if not given.")
@click.option(
    "--scheme", type=click.Choice(SCHEMES), default="fisher_jenks", show_default=True, help="Classing scheme."
)
@click.option("--classes", type=click.IntRange(1, 9), default=5, show_default=True, help="Number of classes.")
@click.option("--breaks", help="Own upper ends of classes, for example 10,50,200 (with --scheme user_defined).")
@click.option("--rate", type=click.Choice(["per_km2", "count"]), default="per_km2", show_default=True)
@click.option("--ramp", type=click.Choice(NAMES), default="YlOrRd", show_default=True, help="Colour ramp.")
@click.option("--where", multiple=True, metavar="FIELD=VALUES", help="Filter as in addresses; also from, to, area, q.")
@click.option("--lang", type=click.Choice(["zh", "en"]), help="Language; that of the city if not given.")
@click.option("--title", help="Title; the layer's if not given.")
def map_file(
    layer_id: str, file: Path, by: Literal["area", "cell"], level: str | None, scheme: str, classes: int,
    breaks: str | None, rate: Literal["per_km2", "count"], ramp: str, where: tuple[str, ...], lang: str | None,
    title: str | None,
) -> None:  # fmt: skip
    """Write a thematic map of LAYER into one self-contained FILE.html that opens without a network."""
    web = create_app(open_city())
    viewer = whole_city(RIGHTS)
    with web.app_context():
        layer = registry().get(layer_id, viewer)
        chosen = read_filter(layer, _arguments(where), ZoneInfo(city_facts().time_zone))
        language = lang or ("en" if city_facts().language == "en" else "zh")
        order = Order(by, level, scheme, classes, rate, ramp, language, title, numbers(breaks))
        page = build(layer, viewer, order, chosen)
    file.write_text(page, encoding="utf-8")
    click.echo(f"{file}: {len(page.encode()) / 1e6:.1f} MB")


def _arguments(where: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for one in where:
        name, equals, value = one.partition("=")
        if not equals:
            raise InvalidInput("{given} is not FIELD=VALUES.", field="where", given=one)
        found[name if name in ("from", "to", "area", "q") else PREFIX + name.removeprefix(PREFIX)] = value
    return found


COMMANDS: tuple[click.Command, ...] = (map_file,)
