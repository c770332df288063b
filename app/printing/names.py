"""Names on a sheet: each where it has room, none over another."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import shapely

from app.printing.frame import Frame
from app.printing.pen import Pen
from app.printing.reading import Rows
from layers.basemap import GROUNDS

MM_A_POINT = 25.4 / 72
INK, SOFT, HALO = GROUNDS["light"].text, GROUNDS["light"].text_soft, GROUNDS["light"].halo
ROAD_SIZE, AREA_SIZES = 5.0, {0: 9.0, 1: 8.0, 2: 7.0}
ROAD_APART_MM = 60.0


@dataclass(frozen=True)
class _Name:
    text: str
    x: float
    y: float
    size: float
    colour: str
    turn: float = 0.0


@dataclass
class Names:
    """Names noted while the map is drawn, in order of weight: those noted last give way first at the writing."""

    frame: Frame
    lang: str
    weighty: list[_Name] = field(default_factory=list)
    plain: list[_Name] = field(default_factory=list)
    counts: list[_Name] = field(default_factory=list)
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)

    def of(self, properties: Mapping[str, Any], label: str = "name") -> str:
        """A label in the sheet's language, else the other."""
        if label in properties:
            value = properties[label]
        else:
            order = ("zh", "en") if self.lang == "zh" else ("en", "zh")
            value = next((found for one in order if (found := properties.get(f"{label}_{one}"))), None)
        return "" if value is None else str(value)[:60]

    def areas(self, rows: Rows, depths: Any, named: int) -> None:
        """Names of one level of areas, inside what of each is on the sheet."""
        for shape, facts, depth in zip(rows.shapes, rows.properties, depths, strict=True):
            text = self.of(facts)
            if depth == named and text and not shape.is_empty:
                self._inside(shape, text, AREA_SIZES.get(int(depth), 7.0), INK, self.weighty)

    def labels(self, rows: Rows, label: str, colour: str = INK) -> None:
        """Labels of a layer's rows: in areas, beside points, along the middle of lines."""
        for shape, facts in zip(rows.shapes, rows.properties, strict=True):
            text = self.of(facts, label)
            if not text or shape.is_empty:
                continue
            if shapely.get_dimensions(shape) == 2:
                self._inside(shape, text, 6.0, colour, self.plain)
            else:
                spot = shape if shape.geom_type == "Point" else shape.centroid
                self.plain.append(_Name(text, spot.x, spot.y - 2.4, 5.5, colour))

    def numbers(self, spots: Iterable[tuple[float, float, int]]) -> None:
        """Numbers inside counting circles: all of them are written."""
        self.counts += [_Name(f"{count:,}", x, y, 5.0, INK) for x, y, count in spots]

    def roads(self, rows: Rows) -> None:
        """Street names along the longest straight pieces, each street once in a while."""
        done: dict[str, list[tuple[float, float]]] = {}
        order = sorted(range(len(rows.shapes)), key=lambda at: -shapely.length(rows.shapes[at]))
        for at in order:
            text = self.of(rows.properties[at])
            found = _longest(rows.shapes[at]) if text else None
            if found is None:
                continue
            x, y, length, turn = found
            wide = _width(text, ROAD_SIZE)
            near = any(math.hypot(x - a, y - b) < ROAD_APART_MM for a, b in done.get(text, ()))
            if length >= wide * 0.8 and not near and self._holds(x, y):
                done.setdefault(text, []).append((x, y))
                self.plain.append(_Name(text, x, y, ROAD_SIZE, SOFT, turn))

    def write(self, pen: Pen, left: float, top: float) -> None:
        """Write what finds room; the map's corner lies at `left`, `top` on the page."""
        for one in self.counts:
            self.boxes.append(_box(one))
            pen.words(one.text, left + one.x, top + one.y, one.size, one.colour, halo="#ffffff")
        for one in [*self.weighty, *self.plain]:
            box = _box(one)
            if self._is_free(box):
                self.boxes.append(box)
                pen.words(one.text, left + one.x, top + one.y, one.size, one.colour, halo=HALO, turn=one.turn)

    def _inside(self, shape: Any, text: str, size: float, colour: str, into: list[_Name]) -> None:
        shape = shapely.clip_by_rect(shape, 0, 0, self.frame.width, self.frame.height)
        if shape.is_empty:
            return
        largest = max(shapely.get_parts(shape), key=lambda one: one.area)
        spot = shapely.point_on_surface(largest)
        west, _north, east, _south = largest.bounds
        if east - west >= _width(text, size) * 0.6:
            into.append(_Name(text, spot.x, spot.y, size, colour))

    def _holds(self, x: float, y: float) -> bool:
        return 4 < x < self.frame.width - 4 and 3 < y < self.frame.height - 3

    def _is_free(self, box: tuple[float, float, float, float]) -> bool:
        west, north, east, south = box
        if west < 0.5 or north < 0.5 or east > self.frame.width - 0.5 or south > self.frame.height - 0.5:
            return False
        return not any(west < e and w < east and north < s and n < south for w, n, e, s in self.boxes)


def _width(text: str, size: float) -> float:
    """About how wide a text is, in millimetres: Chinese characters are square, Latin ones half as wide."""
    return sum(1.0 if ord(one) > 0x2E80 else 0.56 for one in text) * size * MM_A_POINT


def _box(name: _Name) -> tuple[float, float, float, float]:
    wide, tall = _width(name.text, name.size) / 2 + 0.4, name.size * MM_A_POINT / 2 + 0.3
    turn = math.radians(abs(name.turn))
    half = wide * math.cos(turn) + tall * math.sin(turn)
    up = wide * math.sin(turn) + tall * math.cos(turn)
    return name.x - half, name.y - up, name.x + half, name.y + up


def _longest(shape: Any) -> tuple[float, float, float, float] | None:
    """Middle, length and turn (degrees counter-clockwise, readable from below) of a line's longest part if straight."""
    parts = [one for one in shapely.get_parts(shape) if one.geom_type == "LineString" and one.length > 8]
    if not parts:
        return None
    line = max(parts, key=lambda one: one.length)
    middle = line.interpolate(0.5, normalized=True)
    reach = min(line.length / 2, 12.0)
    start, end = (line.interpolate(line.length / 2 + shift) for shift in (-reach, reach))
    if math.hypot(end.x - start.x, end.y - start.y) < 1.9 * reach:
        return None  # too bent to write along
    turn = math.degrees(math.atan2(-(end.y - start.y), end.x - start.x))
    turn = turn - 180 if turn > 90 else turn + 180 if turn <= -90 else turn
    return middle.x, middle.y, line.length, turn
