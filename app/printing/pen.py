"""Vector drawing on a page of fpdf2: shapes with holes, hatches, marks, words with a halo; in millimetres, y downwards.

fpdf2's own paths cost a Python object for each vertex; a city sheet has a million. This writes the page's operators.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import shapely
from fpdf import FPDF
from numpy.typing import NDArray

KAPPA = 0.5523  # of a quarter circle as a Bézier curve
HATCH_MM, HATCH_WIDTH = 1.6, 0.18
GLYPHS: dict[str, tuple[tuple[float, float], ...]] = {
    "square": ((-0.89, -0.89), (0.89, -0.89), (0.89, 0.89), (-0.89, 0.89)),
    "triangle": ((0, -1.2), (1.1, 0.8), (-1.1, 0.8)),
    "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
}

Points = NDArray[np.float64]


def rgb(colour: str) -> tuple[float, float, float]:
    """``#rrggbb`` as three shares of one."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return red, green, blue


class Pen:
    """Draws on the present page of a document."""

    def __init__(self, pdf: FPDF) -> None:
        self.pdf = pdf

    @contextmanager
    def inside(self, x: float, y: float, width: float, height: float) -> Iterator[None]:
        """Only what lies in a rectangle is drawn; places count from its corner."""
        up = self.pdf.h * self.pdf.k
        self._out(f"q {self.pdf.k:.6f} 0 0 {-self.pdf.k:.6f} {x * self.pdf.k:.3f} {up - y * self.pdf.k:.3f} cm")
        self._out(f"0 0 {width:.3f} {height:.3f} re W n 1 j 1 J")
        yield
        self._out("Q")

    def fill(self, shapes: Iterable[shapely.Geometry], colour: str, opacity: float = 1.0) -> None:
        """Polygons with their holes; shapes of the same colour in one go."""
        paths = [path for one in shapes if (path := _rings(one))]
        if paths:
            with self._seen(opacity):
                self._out("{:.3f} {:.3f} {:.3f} rg".format(*rgb(colour)))
                for path in paths:  # one by one: neighbours that overlap would cut holes in each other
                    self._out(path + " f*")

    def stroke(
        self, shapes: Iterable[shapely.Geometry], colour: str, width: float, *, dash: Sequence[float] = (),
        opacity: float = 1.0,
    ) -> None:  # fmt: skip
        """Lines, and the edges of polygons."""
        paths = [path for one in shapes if (path := _lines(one))]
        if paths and width > 0:
            with self._seen(opacity):
                pattern = " ".join(f"{one:.2f}" for one in dash)
                self._out("{:.3f} {:.3f} {:.3f} RG".format(*rgb(colour)) + f" {width:.3f} w [{pattern}] 0 d")
                for path in paths:
                    self._out(path + " S")

    def hatch(self, shapes: Iterable[shapely.Geometry], colour: str) -> None:
        """Slanting lines in polygons: what has no number, or one that is held back."""
        for one in shapes:
            path = _rings(one)
            if not path:
                continue
            west, north, east, south = shapely.bounds(one).tolist()
            tall = south - north
            starts = np.arange(math.floor((west - tall) / HATCH_MM) * HATCH_MM, east, HATCH_MM)
            lines = " ".join(f"{x:.2f} {south:.2f} m {x + tall:.2f} {north:.2f} l" for x in starts)
            self._out(f"q {path} W* n " + "{:.3f} {:.3f} {:.3f} RG".format(*rgb(colour)))
            self._out(f"{HATCH_WIDTH} w [] 0 d {lines} S Q")

    def marks(
        self, at: Points, shape: str, colour: str, radius: float, *, edge: str | None = "#ffffff", opacity: float = 1.0,
        width: float = 0.15,
    ) -> None:  # fmt: skip
        """One symbol at each of some places."""
        if not len(at):
            return
        with self._seen(opacity):
            self._out("{:.3f} {:.3f} {:.3f} rg".format(*rgb(colour)))
            if edge:
                self._out("{:.3f} {:.3f} {:.3f} RG".format(*rgb(edge)) + f" {width} w [] 0 d")
            for x, y in at:
                self._out(_symbol(float(x), float(y), shape, radius) + (" B" if edge else " f"))

    def words(
        self, text: str, x: float, y: float, size: float, colour: str, *, halo: str | None = None, turn: float = 0.0,
        middle: bool = True,
    ) -> None:  # fmt: skip
        """A line of text; its middle (or left end) at a place of the page, `turn` degrees counter-clockwise."""
        pdf = self.pdf
        pdf.set_font("noto", size=size)
        wide = pdf.get_string_width(text)
        left, base = x - (wide / 2 if middle else 0), y + size * 0.125
        with pdf.rotation(turn, x, y):
            if halo:
                with pdf.local_context(  # its line width comes out in points here
                    text_mode="STROKE", draw_color=_bytes(halo), line_width=size * 0.24, stroke_join_style="round"
                ):
                    pdf.text(left, base, text)
            pdf.set_text_color(*_bytes(colour))
            pdf.text(left, base, text)

    @contextmanager
    def _seen(self, opacity: float) -> Iterator[None]:
        if opacity >= 1:
            self._out("q")
            yield
            self._out("Q")
        else:
            with self.pdf.local_context(fill_opacity=opacity, stroke_opacity=opacity):
                yield

    def _out(self, text: str) -> None:
        self.pdf._out(text)


def _bytes(colour: str) -> tuple[int, int, int]:
    red, green, blue = (round(part * 255) for part in rgb(colour))
    return red, green, blue


def _symbol(x: float, y: float, shape: str, r: float) -> str:
    if shape in GLYPHS:
        corners = [f"{x + r * a:.2f} {y + r * b:.2f}" for a, b in GLYPHS[shape]]
        return f"{corners[0]} m " + " ".join(f"{one} l" for one in corners[1:]) + " h"
    c = r * KAPPA
    return (
        f"{x + r:.2f} {y:.2f} m {x + r:.2f} {y + c:.2f} {x + c:.2f} {y + r:.2f} {x:.2f} {y + r:.2f} c"
        f" {x - c:.2f} {y + r:.2f} {x - r:.2f} {y + c:.2f} {x - r:.2f} {y:.2f} c"
        f" {x - r:.2f} {y - c:.2f} {x - c:.2f} {y - r:.2f} {x:.2f} {y - r:.2f} c"
        f" {x + c:.2f} {y - r:.2f} {x + r:.2f} {y - c:.2f} {x + r:.2f} {y:.2f} c h"
    )


def _rings(shape: shapely.Geometry) -> str:
    polygons = [one for one in shapely.get_parts(_flat(shape)) if shapely.get_type_id(one) == 3 and not one.is_empty]
    return " ".join(_path(ring, closed=True) for one in polygons for ring in (one.exterior, *one.interiors))


def _lines(shape: shapely.Geometry) -> str:
    found = []
    for one in shapely.get_parts(_flat(shape)):
        kind = shapely.get_type_id(one)
        if kind == 3 and not one.is_empty:
            found += [_path(ring, closed=True) for ring in (one.exterior, *one.interiors)]
        elif kind in (1, 2) and not one.is_empty:
            found.append(_path(one, closed=False))
    return " ".join(found)


def _flat(shape: shapely.Geometry) -> NDArray[np.object_]:
    """The simple parts of any shape."""
    parts = shapely.get_parts(np.array([shape], dtype=object))
    while (shapely.get_type_id(parts) > 3).any():
        parts = shapely.get_parts(parts)
    return parts


def _path(line: shapely.Geometry, *, closed: bool) -> str:
    at = shapely.get_coordinates(line)
    at = at[:-1] if closed else at
    rest = " ".join(f"{x:.2f} {y:.2f} l" for x, y in at[1:].tolist())
    return f"{at[0, 0]:.2f} {at[0, 1]:.2f} m {rest}" + (" h" if closed else "")
