"""What a person gives as new areas, checked one by one: codes, names, parents, shapes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from shapely.geometry.base import BaseGeometry

from gis.checks import REASONS, check
from gis.errors import InvalidInput
from grid.codes import InvalidCode, cell_scheme, make_cell_code, parse_area_code
from grid.redraw.errors import refusal
from grid.redraw.plan import Shape
from grid.redraw.shapes import many

PLAIN_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,31}", re.ASCII)


@dataclass(frozen=True)
class Given:
    """A new area as given: shape in EPSG:4326; without a parent, the area whose code begins its own is meant."""

    code: str
    name_zh: str
    name_en: str
    geom: BaseGeometry | None
    parent_code: str | None = None


def proposed(rows: Sequence[Given], level: str, depth: int, held: list[Shape], scheme: str) -> list[Shape]:
    """The new areas of a level, each checked by itself; raises RedrawRefused."""
    if not rows:
        raise refusal("areas.none_given")
    codes = sorted(row.code for row in rows)
    is_finest = depth == max(one.depth for one in held)
    for one, other in pairwise(codes):
        if one == other:
            raise refusal("areas.code_twice", area=one)
        if other.startswith(one):  # a prefix is a jurisdiction: no area may seem to hold its neighbour
            raise refusal("areas.bad_code", area=one)
    return [_shape(row, level, depth, held, scheme, is_finest) for row in rows]


def _shape(row: Given, level: str, depth: int, held: list[Shape], scheme: str, is_finest: bool) -> Shape:
    parent = _parent(row, level, depth, held)
    if not _is_well_formed(row.code, parent or "", scheme, is_finest):
        raise refusal("areas.bad_code", area=row.code)
    for one in held:
        if one.code == row.code and one.level != level:
            raise refusal("areas.code_taken", area=row.code, old=row.code)
    name_zh, name_en = row.name_zh.strip(), row.name_en.strip()
    if not (name_zh or name_en):
        raise refusal("areas.no_name", area=row.code)
    checked = check(row.geom)
    geom = many(checked.geom) if checked.geom is not None else None
    if geom is None or geom.is_empty:
        code = next((one.code for one in checked.findings if not one.mended), "geometry.wrong_kind")
        raise refusal("areas.bad_shape", area=row.code, reason=REASONS[code])
    return Shape(row.code, level, depth, parent, name_zh or name_en, name_en or name_zh, geom)


def _parent(row: Given, level: str, depth: int, held: list[Shape]) -> str | None:
    """The code of the area above; None at the top, and where areas of this level have none."""
    above = {one.code for one in held if one.depth < depth}
    if row.parent_code:
        if row.parent_code not in above:
            raise refusal("areas.unknown_parent", area=row.code, parent=row.parent_code)
        return row.parent_code
    found = max((code for code in above if row.code.startswith(code)), key=len, default=None)
    if found is None and any(one.parent_code for one in held if one.level == level):
        raise refusal("areas.unknown_parent", area=row.code, parent="…")
    return found


def _is_well_formed(code: str, parent: str, scheme: str, is_finest: bool) -> bool:
    """Whether a code begins with its parent's and fits the city's scheme of cell codes."""
    if not PLAIN_CODE.fullmatch(code) or not code.startswith(parent) or code == parent:
        return False
    try:
        if cell_scheme(scheme).area_digits is not None and parse_area_code(code).code != code:
            return False
        if is_finest:
            make_cell_code(code, 1, scheme)
    except (InvalidCode, InvalidInput):
        return False
    return True
