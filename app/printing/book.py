"""A PDF document of maps: one sheet, or the pages of an atlas, all made of the same parts."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
import shapely
from flask_babel import gettext as _
from fpdf import FPDF
from fpdf.fonts import TTFFont
from sqlalchemy.orm import Session

from app.printing import beside
from app.printing.beside import Facts, Line
from app.printing.frame import Frame, crs_name
from app.printing.furniture import INK, SOFT, draw_edge
from app.printing.ground import Drawn, draw_borders, draw_ground
from app.printing.names import Names
from app.printing.paper import MARGIN, Area, Layout
from app.printing.pen import Pen
from app.printing.prepared import Prepared
from app.printing.thematic import Sheet, Told, draw, is_of_points
from grid.reach import Viewer

FONT = Path(pylopdf_fonts_zh_cn.__file__).parent / "NotoSansSC-Regular.otf"
ACCENT = "#b3261e"
logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells each table of a font that it cuts down


@dataclass(frozen=True)
class Imprint:
    """What stands on every page: title, who printed it, the language, and the address that opens the view again."""

    title: str
    subtitle: str
    by: str
    city: str
    lang: str
    address: str
    code: str


@dataclass(frozen=True)
class Focus:
    """The unit of an atlas page (degrees), and its neighbours: where each lies, and what stands at that edge."""

    outline: shapely.Geometry
    neighbours: Sequence[tuple[shapely.Point, str]] = ()


@dataclass
class Book:
    """A document being made. `left` holds legend lines and facts that found no room yet, for a last page."""

    layout: Layout
    imprint: Imprint
    prepared: Prepared
    pdf: FPDF = field(init=False)
    pen: Pen = field(init=False)
    left: list[list[Line]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pdf = FPDF(unit="mm", format=(self.layout.width, self.layout.height))
        self.pdf.set_auto_page_break(False)
        self.pdf.set_margin(0)
        self.pdf.add_font("noto", fname=str(FONT))
        self.pdf.set_title(self.imprint.title)
        self.pdf.set_author(self.imprint.by)
        self.pdf.set_creator("CityGrid")
        self.pdf.set_subject(self.imprint.address)
        self.pdf.set_lang("zh-CN" if self.imprint.lang == "zh" else "en")
        self.pen = Pen(self.pdf)

    def add_page(self, title: str, subtitle: str) -> None:
        """An empty page with its head and foot."""
        self.pdf.add_page()
        self.rewrite_head(title, subtitle)

    def rewrite_head(self, title: str, subtitle: str) -> None:
        """Head and foot of the present page."""
        size, head = self.layout.size, self.layout.head
        self.pen.words(
            title, head.x, head.y + 3.2 * size, _fitting(self.pen, title, 15 * size, head.width), INK, middle=False
        )
        if subtitle:
            points = _fitting(self.pen, subtitle, 8 * size, head.width)
            self.pen.words(subtitle, head.x, head.y + 9.6 * size, points, SOFT, middle=False)
        self._foot()

    def _foot(self) -> None:
        size, y = self.layout.size, self.layout.foot_y + 4.5 * self.layout.size
        at = f"{self.prepared.at:%Y-%m-%d %H:%M} ({self.prepared.at.tzname()})"
        told = _("{city} · printed by {name}, {time} · view {code}").format(
            city=self.imprint.city, name=self.imprint.by, time=at, code=self.imprint.code
        )
        self.pen.words(told, MARGIN, y, 6 * size, SOFT, middle=False)

    def add_map(
        self, db: Session, viewer: Viewer, frame: Frame, title: str, subtitle: str, focus: Focus | None = None
    ) -> None:
        """A whole map page."""
        self.add_page(title, subtitle)
        told, notes = self.draw_map(db, viewer, frame, focus)
        size = self.layout.size
        blocks = beside.legend_lines(self.pen, told, [*self.prepared.notes, *notes], self.layout.columns[0].width, size)
        left = beside.draw_legend(self.pen, blocks, self.layout.columns, size)
        facts = Facts(tuple(self._facts(frame)), self.imprint.address, _("N"))
        more = beside.draw_facts(self.pen, frame, facts, self.layout.facts, size)
        if left or more:
            self.left = [*left, [Line(text, beside.TEXT, SOFT) for text in more]]
            self._say_there_is_more()

    def draw_plain(self, db: Session, viewer: Viewer, frame: Frame) -> None:
        """The base map alone, with borders."""
        at = self.layout.map
        names = Names(frame, self.imprint.lang)
        with self.pen.inside(at.x, at.y, at.width, at.height):
            draw_ground(db, viewer, self.prepared.ground, frame, self.pen, names)
            draw_borders(db, viewer, self.prepared.areas, frame, self.pen, names)

    def write_facts(self, frame: Frame) -> None:
        """Scale, north, facts and code, without a legend."""
        facts = Facts(tuple(self._facts(frame)), self.imprint.address, _("N"))
        beside.draw_facts(self.pen, frame, facts, self.layout.facts, self.layout.size)

    def write_cell(self, text: str, x: float, y: float, wide: float, colour: str) -> None:
        """A text in a column, cut where it does not fit."""
        points = 7 * self.layout.size
        self.pdf.set_font("noto", size=points)
        while len(text) > 1 and self.pdf.get_string_width(text) > wide:
            text = text.removesuffix("…")[:-1] + "…"
        self.pen.words(text, x, y, points, colour, middle=False)

    def _say_there_is_more(self) -> None:
        last = self.layout.columns[-1]
        y = last.y + last.height + 1.4
        self.pen.words(_("continued on the last page"), last.x, y, 6 * self.layout.size, ACCENT, middle=False)

    def draw_map(self, db: Session, viewer: Viewer, frame: Frame, focus: Focus | None) -> tuple[list[Told], list[str]]:
        """The map alone, with its edge."""
        at, names = self.layout.map, Names(frame, self.imprint.lang)
        with self.pen.inside(at.x, at.y, at.width, at.height):
            ground = draw_ground(db, viewer, self.prepared.ground, frame, self.pen, names)
            on = Sheet(db, viewer, frame, self.pen, names)
            points = [one for one in self.prepared.layers if is_of_points(one[0].layer)]
            drawn = {one[0].layer.id: draw(on, *one) for one in self.prepared.layers if one not in points}
            draw_borders(db, viewer, self.prepared.areas, frame, self.pen, names)
            drawn |= {one[0].layer.id: draw(on, *one) for one in points}
            told = [drawn[one[0].layer.id] for one in self.prepared.layers]
            if focus is not None:
                self._show_unit(focus, frame)
        names.write(self.pen, at.x, at.y)
        draw_edge(self.pen, frame, at, self.layout.size)
        if focus is not None:
            self._name_neighbours(focus, frame, at)
        return told, _of_ground(ground)

    def _show_unit(self, focus: Focus, frame: Frame) -> None:
        """The page's unit in a strong line; what lies around it recedes."""
        shape = shapely.transform(focus.outline, lambda at: frame.spots(at[:, 0], at[:, 1]))
        around = shapely.difference(shapely.box(-1, -1, frame.width + 1, frame.height + 1), shapely.make_valid(shape))
        self.pen.fill([around], "#ffffff", 0.45)
        self.pen.stroke([shape], ACCENT, 0.7)

    def _name_neighbours(self, focus: Focus, frame: Frame, at: Area) -> None:
        """At the map's edge, in the direction of each neighbour, its name and page."""
        inner = shapely.box(3, 3, frame.width - 3, frame.height - 3)
        middle = shapely.Point(frame.width / 2, frame.height / 2)
        taken: list[tuple[float, float, float]] = []
        for spot, text in focus.neighbours:
            [(x, y)] = frame.spots(shapely.get_x([spot]), shapely.get_y([spot])).tolist()
            far = (middle.x + (x - middle.x) * 1000, middle.y + (y - middle.y) * 1000)
            end: Any = shapely.intersection(shapely.LineString([(middle.x, middle.y), far]), inner.exterior)
            if end.is_empty or end.geom_type != "Point":
                continue
            self._write_neighbour(text, end.x, end.y, frame, at, taken)

    def _write_neighbour(
        self, text: str, x: float, y: float, frame: Frame, at: Area, taken: list[tuple[float, float, float]]
    ) -> None:
        points = 6 * self.layout.size
        self.pdf.set_font("noto", size=points)
        half = self.pdf.get_string_width(text) / 2 + 0.8
        x = min(max(x, half + 1), frame.width - half - 1)
        tall = 3.2 * self.layout.size
        while any(abs(x - a) < half + b and abs(y - c) < tall for a, b, c in taken):
            y += tall if y < frame.height / 2 else -tall
            if not 0 < y < frame.height:
                return
        taken.append((x, half, y))
        with self.pen.inside(at.x, at.y, at.width, at.height):
            box = shapely.box(x - half, y - tall / 2, x + half, y + tall / 2)
            self.pen.fill([box], "#ffffff", 0.9)
            self.pen.stroke([box], ACCENT, 0.12)
        self.pen.words(text, at.x + x, at.y + y, points, ACCENT)

    def _facts(self, frame: Frame) -> list[str]:
        at = self.prepared.as_of or self.prepared.at
        side = _("east") if frame.north_deg >= 0 else _("west")
        return [
            _("{crs} (EPSG:{code}); coordinates in degrees, WGS 84").format(crs=crs_name(frame.epsg), code=frame.epsg),
            _("True north lies {degrees}° {side} of the sheet's upper edge").format(
                degrees=f"{abs(frame.north_deg):.2f}", side=side
            ),
            _("Data as of {time}").format(time=f"{at:%Y-%m-%d %H:%M:%S} ({at.tzname()})"),
            *self.prepared.lines,
        ]

    def add_left(self) -> None:
        """A last page for the legend lines and facts that found no room."""
        while self.left:
            self.add_page(self.imprint.title, _("Legend and facts, continued"))
            size, head = self.layout.size, self.layout.head
            top = head.y + head.height
            each = (self.layout.width - 2 * MARGIN - 8) / 3
            columns = [Area(MARGIN + n * (each + 4), top, each, self.layout.foot_y - top) for n in range(3)]
            self.left = beside.draw_legend(self.pen, [one for one in self.left if one], columns, size)

    def close(self) -> None:
        """Let go of the font's file."""
        for font in self.pdf.fonts.values():
            if isinstance(font, TTFFont):
                font.ttfont.close()

    def finish(self) -> bytes:
        """The file, its pages numbered."""
        size, count = self.layout.size, self.pdf.pages_count
        for number in range(1, count + 1):
            self.pdf.page = number
            x, y = self.layout.width - MARGIN - 6 * size, self.layout.foot_y + 4.5 * size
            self.pen.words(f"{number} / {count}", x, y, 6 * size, SOFT)
        return bytes(self.pdf.output())


def _of_ground(ground: Drawn) -> list[str]:
    """What the base map leaves out, and where it is from."""
    notes = []
    if ground.left_out:
        left_out = ", ".join(ground.left_out)
        notes.append(_("Left out, too many shapes at this scale: {layers}").format(layers=left_out))
    if ground.sources:
        notes.append(_("Base map: {sources}").format(sources=", ".join(dict.fromkeys(ground.sources))))
    return notes


def _fitting(pen: Pen, text: str, size: float, wide: float) -> float:
    """The size at which a text fits in one line."""
    pen.pdf.set_font("noto", size=size)
    return min(size, size * wide / max(pen.pdf.get_string_width(text), 1))
