"""What makes a picture a map: frame, graticule with coordinates, scale bar, arrow to true north, the code to scan."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import segno
import shapely

from app.printing.frame import Bar, Frame
from app.printing.paper import Area
from app.printing.pen import Pen

INK, SOFT = "#2b3137", "#6b727a"
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 18000)  # of the graticule, in seconds of arc
LINES_APART_MM = 38.0
ALONG = 25


def graticule_step_s(frame: Frame) -> int:
    """Seconds of arc between two lines: the first round step that leaves them far enough apart."""
    second_mm = 30.87 * 1000 / frame.scale  # a second of latitude is some 30.87 m
    return next((one for one in STEPS_S if one * second_mm >= LINES_APART_MM), STEPS_S[-1])


def arc_words(degrees: float, hemispheres: str) -> str:
    """``121°27′30″E``: degrees, minutes and seconds of arc; `hemispheres` names the positive and the negative one."""
    seconds = round(abs(degrees) * 3600)
    side = hemispheres[0] if degrees >= 0 else hemispheres[1]
    return f"{seconds // 3600}°{seconds // 60 % 60:02d}′{seconds % 60:02d}″{side}"


def draw_edge(pen: Pen, frame: Frame, at: Area, size: float) -> None:
    """The map's edge, thin lines of longitude and latitude, and their coordinates beside it."""
    west, south, east, north = frame.outline().bounds
    step = graticule_step_s(frame) / 3600
    sheet = shapely.box(0, 0, frame.width, frame.height)
    meridians = {lon: _line(frame, [lon] * 2, [south, north], sheet) for lon in _multiples(west, east, step)}
    parallels = {lat: _line(frame, [west, east], [lat] * 2, sheet) for lat in _multiples(south, north, step)}
    with pen.inside(at.x, at.y, at.width, at.height):
        pen.stroke([*meridians.values(), *parallels.values()], SOFT, 0.1, opacity=0.45)
    for lon, line in meridians.items():
        x, y = _end(line, lambda spot: spot[1])
        if abs(y - frame.height) < 0.5 and 8 < x < frame.width - 8:
            pen.words(arc_words(lon, "EW"), at.x + x, at.y + at.height + 2.4 * size, 5.5 * size, SOFT)
    for lat, line in parallels.items():
        x, y = _end(line, lambda spot: -spot[0])
        if abs(x) < 0.5 and 8 < y < frame.height - 8:
            pen.words(arc_words(lat, "NS"), at.x - 2.4 * size, at.y + y, 5.5 * size, SOFT, turn=90)
    pen.pdf.set_draw_color(43, 49, 55)
    pen.pdf.set_line_width(0.35)
    pen.pdf.rect(at.x, at.y, at.width, at.height)


def _multiples(low: float, high: float, step: float) -> list[float]:
    return [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _line(frame: Frame, lons: list[float], lats: list[float], sheet: shapely.Polygon) -> shapely.Geometry:
    at = frame.spots(np.linspace(lons[0], lons[1], ALONG), np.linspace(lats[0], lats[1], ALONG))
    return shapely.intersection(shapely.LineString(at), sheet)


def _end(line: shapely.Geometry, rank: Callable[[tuple[float, float]], float]) -> tuple[float, float]:
    """The end of a line that ranks highest; far off for none."""
    spots = [(float(x), float(y)) for x, y in shapely.get_coordinates(line)]
    return max(spots, key=rank, default=(-1e9, -1e9))


def draw_bar(pen: Pen, bar: Bar, x: float, y: float, size: float) -> None:
    """Black and white pieces with their metres over them."""
    piece = bar.mm / bar.parts
    pen.pdf.set_draw_color(43, 49, 55)
    pen.pdf.set_line_width(0.2)
    for at in range(bar.parts):
        pen.pdf.set_fill_color(*((43, 49, 55) if at % 2 == 0 else (255, 255, 255)))
        pen.pdf.rect(x + at * piece, y, piece, 1.6 * size, style="FD")
    for share in (0.0, 0.5, 1.0) if bar.parts % 2 == 0 else (0.0, 1.0):
        pen.words(_length(bar.metres * share, bar.metres), x + share * bar.mm, y - 1.8 * size, 6 * size, INK)
    pen.words("km" if bar.metres >= 1000 else "m", x + bar.mm + 4.5 * size, y + 0.8 * size, 6 * size, INK)


def _length(metres: float, whole: float) -> str:
    """In the unit of the whole bar."""
    return f"{metres / 1000:g}" if whole >= 1000 else f"{metres:g}"


def draw_north(pen: Pen, frame: Frame, x: float, y: float, size: float, letter: str) -> None:
    """An arrow to true north: turned by what the sheet's grid is off it."""
    turn = math.radians(frame.north_deg)
    shape = np.array([[0, -5.5], [2.0, 3.4], [0, 1.9], [-2.0, 3.4]]) * size
    cos, sin = math.cos(turn), math.sin(turn)
    at = np.column_stack([shape[:, 0] * cos - shape[:, 1] * sin + x, shape[:, 0] * sin + shape[:, 1] * cos + y])
    pen.pdf.set_draw_color(43, 49, 55)
    pen.pdf.set_line_width(0.2)
    pen.pdf.set_fill_color(43, 49, 55)
    pen.pdf.polygon([tuple(one) for one in at[[0, 1, 2]]], style="FD")
    pen.pdf.set_fill_color(255, 255, 255)
    pen.pdf.polygon([tuple(one) for one in at[[0, 2, 3]]], style="FD")
    pen.words(letter, x + 7.6 * size * sin, y - 7.6 * size * cos, 8 * size, INK, turn=-frame.north_deg)


def draw_code(pen: Pen, address: str, x: float, y: float, side: float) -> None:
    """A QR code of an address, as squares; `side` millimetres with the quiet zone that scanners need."""
    rows = [list(row) for row in segno.make(address, error="m", micro=False).matrix_iter(border=3)]
    dot = side / len(rows)
    boxes = [shapely.box(c * dot, r * dot, (c + 1) * dot, (r + 1) * dot)
             for r, row in enumerate(rows) for c, is_dark in enumerate(row) if is_dark]  # fmt: skip
    with pen.inside(x, y, side, side):
        pen.fill([shapely.box(0, 0, side, side)], "#ffffff")
        pen.fill([shapely.union_all(boxes)], "#000000")
