"""Standard addresses (标准地址): adding them, and finding places by text, pinyin, initials, or something like it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from geoalchemy2.shape import from_shape
from shapely.geometry import Point
from sqlalchemy import ColumnElement, Integer, and_, case, cast, func, literal, or_, select, text
from sqlalchemy.orm import Session

from gis.errors import InvalidInput
from grid import names, words
from grid.locate import locate
from grid.models import Address, AddressAlias, AddressKind, Area, Road, UnitCell
from grid.reach import Viewer, within
from grid.words import search_text

__all__ = ["Found", "add", "search", "search_text"]

LIMIT_MAX = 50
ALIKE = 0.5  # word similarity (pg_trgm) below which a text isn't the same misspelled
LENGTH_MAX = 100


@dataclass(frozen=True)
class Found:
    """A place that was found: `kind` is address, area, road or cell; `bbox` is west, south, east, north in degrees."""

    kind: str
    id: str
    text_zh: str
    text_en: str
    lon: float
    lat: float
    area_code: str | None
    bbox: tuple[float, float, float, float]
    score: float = 0.0


def add(
    db: Session,
    at: Point,
    *,
    text_zh: str,
    text_en: str,
    kind: AddressKind = AddressKind.DOOR,
    road: str | None = None,
    number: str | None = None,
    building: str | None = None,
    parent_id: int | None = None,
    external_id: str | None = None,
    aliases: Sequence[str] = (),
    on: date | None = None,
) -> Address:
    """A standard address at a point (EPSG:4326), found by its texts and aliases. Raises InvalidInput, OutsideCity."""
    if not (text_zh.strip() or text_en.strip()):
        raise InvalidInput("An address needs a text.", field="text")
    place = locate(db, at)
    made = Address(
        kind=kind, road=road, number=number, building=building, parent_id=parent_id, external_id=external_id,
        text_zh=text_zh.strip() or text_en.strip(), text_en=text_en.strip() or text_zh.strip(),
        search=search_text(text_zh, text_en, aliases), geom=from_shape(at, srid=4326),
        area_code=place.area_code, unit_cell_id=place.unit_cell_id, valid_from=on or date.today(),
    )  # fmt: skip
    db.add(made)
    db.flush()
    db.add_all(AddressAlias(address_id=made.id, text=alias) for alias in aliases)
    db.flush()
    return made


def search(
    db: Session, viewer: Viewer, asked: str, *, limit: int = 10, near: tuple[float, float] | None = None
) -> list[Found]:
    """Addresses, areas, roads and cells in the viewer's reach that fit a text, best first.

    "南京西路1038号", "Nanjing Xi Lu 1038", "njxl1038" and "1038 nanjing west rd" find the same door. Texts only alike
    are offered when nothing fits. With `near` (lon, lat) the nearest of equally good ones come first. An empty
    text finds nothing; InvalidInput for a bad limit.
    """
    if not 1 <= limit <= LIMIT_MAX:
        raise InvalidInput("The limit is from 1 to {most}.", field="limit", most=LIMIT_MAX)
    asked = asked.strip()[:LENGTH_MAX]
    if not words.compact(asked):
        return []
    found = _cells(db, viewer, asked) + _named(db, viewer, asked, limit)
    found += _addresses(db, viewer, asked, limit, near)
    if not any(one.score >= 1 for one in found):
        found += _alike(db, viewer, asked, limit, near)
    return sorted(found, key=lambda one: -one.score)[:limit]


def _addresses(db: Session, viewer: Viewer, asked: str, limit: int, near: tuple[float, float] | None) -> list[Found]:
    """Addresses that hold what was asked: as a whole, or all of its words in any order."""
    own = names.forms_of(asked)
    tokens = words.parts(asked)
    numbers = [token for token in tokens if token.isdigit()]
    whole = or_(*(_holds(form) for form in own))
    every = and_(*(_holds(token) for token in tokens))
    score = case(
        (or_(*(_begins(form, end=" ") for form in own)), literal(4.5)),
        (or_(*(_begins(form) for form in own)), literal(3.5)),
        (whole, literal(2.5)),
        else_=literal(1.5),
    ) + case((Address.number.in_(numbers), literal(1.0)), else_=literal(0.0) if numbers else literal(0.1))
    return _read(db, viewer, or_(whole, every), score, limit, near)


def _alike(db: Session, viewer: Viewer, asked: str, limit: int, near: tuple[float, float] | None) -> list[Found]:
    """Addresses with a text like what was asked; those with the asked number first."""
    db.execute(text(f"SET LOCAL pg_trgm.word_similarity_threshold = {ALIKE}"))
    spoken = " ".join(words.pinyin(asked))
    numbers = [token for token in words.parts(asked) if token.isdigit()]
    alike = func.word_similarity(spoken, Address.search)
    score = alike * 0.8 + case((Address.number.in_(numbers), literal(0.19)), else_=literal(0.0))
    return _read(db, viewer, literal(spoken).op("<%")(Address.search), score, limit, near)


def _read(
    db: Session,
    viewer: Viewer,
    fits: ColumnElement[bool],
    score: ColumnElement[Any],
    limit: int,
    near: tuple[float, float] | None,
) -> list[Found]:
    """The best addresses: by score, then nearness, then house number, then text."""
    best = score.label("score")
    order: list[ColumnElement[Any]] = [best.desc()]
    if near:
        order.append(func.ST_Distance(Address.geom, func.ST_Point(*near, 4326)))  # degrees: only an order
    number = cast(func.substring(Address.number, "[0-9]{1,9}"), Integer)
    rows = db.execute(
        select(Address.id, Address.text_zh, Address.text_en, Address.area_code, *_spot(Address.geom), best)
        .where(Address.valid_to.is_(None), within(viewer, Address.area_code), fits)
        .order_by(*order, number.nulls_first(), func.length(Address.text_zh), Address.id)
        .limit(limit)
    )
    return [
        Found("address", str(address_id), zh, en, lon, lat, area, (lon, lat, lon, lat), float(points))
        for address_id, zh, en, area, lon, lat, points in rows
    ]


def _holds(form: str) -> ColumnElement[bool]:
    return Address.search.contains(form, autoescape=True)


def _begins(form: str, end: str = "") -> ColumnElement[bool]:
    """One of the forms in the column is this one, or begins with it."""
    search = literal(" ") + Address.search + literal(" ")
    return search.contains(f" {form}{end}", autoescape=True)


def _named(db: Session, viewer: Viewer, asked: str, limit: int) -> list[Found]:
    """Areas and roads by name."""
    best = names.find(db, asked)
    if best and best[0][0] >= 1:
        best = [one for one in best if one[0] >= 1]
    best = best[:limit]
    areas = {name.key: score for score, name in best if name.kind == "area"}
    found = []
    if areas:
        chosen = (Area.valid_to.is_(None), Area.code.in_(areas), within(viewer, Area.code))
        inside = func.ST_PointOnSurface(Area.geom)
        rows = db.execute(
            select(Area.code, Area.name_zh, Area.name_en, *_spot(inside), *_box(Area.geom)).where(*chosen)
        )
        found += [
            Found("area", code, zh, en, lon, lat, code, (w, s, e, n), _above(areas[code], 0.5))
            for code, zh, en, lon, lat, w, s, e, n in rows
        ]
    for score, name in best:
        if name.kind == "road":
            found.append(_road(db, name, _above(score, 0.6)))
    return found


def _above(score: float, more: float) -> float:
    """A name that fits comes before the addresses that hold it; one that is only alike doesn't."""
    return score + more if score >= 1 else score


def _road(db: Session, name: names.Name, score: float) -> Found:
    """A road by its name: a point on it near its middle, and its extent."""
    whole = func.ST_Collect(Road.geom)
    middle = func.ST_ClosestPoint(whole, func.ST_Centroid(whole))
    same = func.coalesce(Road.name_zh, Road.name_en) == name.key
    lon, lat, west, south, east, north = db.execute(select(*_spot(middle), *_box(whole)).where(same)).one()
    return Found(
        "road", name.key, name.zh or name.en, name.en or name.zh, lon, lat, None, (west, south, east, north), score
    )


def _cells(db: Session, viewer: Viewer, asked: str) -> list[Found]:
    """A unit cell by its whole code."""
    code = asked.replace(" ", "")
    chosen = (UnitCell.valid_to.is_(None), UnitCell.code == code, within(viewer, UnitCell.area_code))
    inside = func.ST_PointOnSurface(UnitCell.geom)
    rows = db.execute(select(UnitCell.id, UnitCell.area_code, *_spot(inside), *_box(UnitCell.geom)).where(*chosen))
    return [
        Found("cell", str(cell_id), f"单元网格 {code}", f"Unit cell {code}", lon, lat, area, (w, s, e, n), 6.0)
        for cell_id, area, lon, lat, w, s, e, n in rows
    ]


def _spot(point: Any) -> tuple[ColumnElement[Any], ...]:
    return func.ST_X(point), func.ST_Y(point)


def _box(geom: Any) -> tuple[ColumnElement[Any], ...]:
    return func.ST_XMin(geom), func.ST_YMin(geom), func.ST_XMax(geom), func.ST_YMax(geom)
