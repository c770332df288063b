"""`./city bench`: what domains bring as `BENCHES` in `app/<domain>/bench.py`, each against a plain reference."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click

from app.launch.progress import step
from app.web.assembly import DOMAINS
from gis.errors import NotFound

ROWS = 1_000_000
Bench = Callable[[int], Iterator[dict[str, Any]]]


def benches() -> dict[str, Bench]:
    """Name → a function that measures with so many rows and gives one result for each figure."""
    found: dict[str, Bench] = {}
    for domain in DOMAINS:
        if find_spec(f"app.{domain}.bench"):
            found |= import_module(f"app.{domain}.bench").BENCHES
    return found


@click.command()
@click.argument("name")
@click.option("--rows", type=click.IntRange(1), default=ROWS, show_default=True, help="How much data it builds.")
@click.option(
    "--json", "as_json", is_flag=True, help="One object a line: name, value, unit, reference, ratio, limit, ok."
)
def bench(name: str, rows: int, as_json: bool) -> None:
    """Measure NAME (locate, import, tiles, features, layers, overlay, cases, field, prints; all) on data of its own, in
    a scratch home.

    A ratio is always against a reference measured in the same run. Exit 1 if any figure is over its limit.
    """
    known = benches()
    if name != "all" and name not in known:
        raise NotFound("There is no bench {name}; there are {known}.", name=name, known=", ".join(sorted(known)))
    is_well = True
    for wanted in sorted(known) if name == "all" else [name]:
        with step(f"bench {wanted}"):
            results = list(known[wanted](rows))
        for result in results:
            is_well &= bool(result["ok"])
            click.echo(json.dumps(result, ensure_ascii=False) if as_json else as_line(result))
    sys.exit(0 if is_well else 1)


def as_line(result: dict[str, Any]) -> str:
    """One figure for people."""
    against = f"   reference {result['reference']:,} {result['unit']}" if result.get("reference") is not None else ""
    ratio = f"   ratio {result['ratio']}" if result.get("ratio") is not None else ""
    limit = f" (limit {result['limit']})" if result.get("limit") is not None else ""
    verdict = "ok  " if result["ok"] else "OVER"
    return f"{verdict}  {result['name']:38} {result['value']:>12,} {result['unit']}{against}{ratio}{limit}"
