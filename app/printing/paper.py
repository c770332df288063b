"""Paper sizes, and where title, map, legend and facts stand on a sheet. Millimetres from the upper left corner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Paper = Literal["A4", "A3"]
Turn = Literal["landscape", "portrait"]
SIZES: dict[str, tuple[float, float]] = {"A4": (210.0, 297.0), "A3": (297.0, 420.0)}
MARGIN, FOOT, GAP = 10.0, 6.0, 4.0
GUTTER = 5.0  # beside and under the map, for coordinates


@dataclass(frozen=True)
class Area:
    """A rectangle of the page."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Layout:
    """A sheet: its size, its type's size against A4, and its parts. The legend stands in `columns`."""

    width: float
    height: float
    size: float
    head: Area
    map: Area
    columns: tuple[Area, ...]
    facts: Area
    foot_y: float


def layout(paper: Paper, turn: Turn) -> Layout:
    """Landscape has legend and facts at the right, portrait under the map."""
    short, long = SIZES[paper]
    width, height = (long, short) if turn == "landscape" else (short, long)
    size = 1.0 if paper == "A4" else 1.2
    head = Area(MARGIN, MARGIN, width - 2 * MARGIN, 15 * size)
    top, foot = head.y + head.height, height - MARGIN - FOOT * size
    if turn == "landscape":
        beside = 62 * size
        across = width - 2 * MARGIN - beside - GAP - GUTTER
        facts_tall = 66 * size
        x = width - MARGIN - beside
        return Layout(
            width, height, size, head, Area(MARGIN + GUTTER, top, across, foot - top - GUTTER),
            (Area(x, top, beside, foot - top - facts_tall - GAP),), Area(x, foot - facts_tall, beside, facts_tall),
            foot,
        )  # fmt: skip
    under = 78 * size
    across = width - 2 * MARGIN - GUTTER
    each = (width - 2 * MARGIN - 2 * GAP) / 3
    y = foot - under
    columns = tuple(Area(MARGIN + at * (each + GAP), y, each, under) for at in (0, 1))
    facts = Area(MARGIN + 2 * (each + GAP), y, each, under)
    return Layout(width, height, size, head, Area(MARGIN + GUTTER, top, across, y - top - GUTTER - GAP), columns, facts,
                  foot)  # fmt: skip
