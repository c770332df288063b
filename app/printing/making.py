"""Making what was asked for: one sheet, or an atlas with overview, index and a page for each unit."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import shapely
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import words_of
from app.printing import atlas, frame
from app.printing.atlas import Unit
from app.printing.book import ACCENT, Book, Focus, Imprint
from app.printing.frame import Frame
from app.printing.furniture import INK, SOFT, arc_words, draw_edge
from app.printing.paper import MARGIN, Area, layout
from app.printing.prepared import prepare
from app.printing.schemas import AtlasIn, PrintIn
from app.printing.view import read_view
from app.web.city import city_facts
from gis.errors import CityError, InvalidInput
from grid.models import City
from grid.reach import Viewer
from layers.layer import Registry

log = logging.getLogger(__name__)
FIT_MARGIN_MM = 8.0
ROW_MM = 4.4
Place = tuple[float, float]
Box = tuple[float, float, float, float]
Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Made:
    """The file, how many pages it has, and the units whose page failed, with the reason."""

    body: bytes
    pages: int
    failed: list[dict[str, str]]


def make(
    db: Session, registry: Registry, viewer: Viewer, asked: PrintIn, imprint: Imprint, now: datetime, tell: Tell
) -> Made:
    """The PDF, in the language of the moment; `tell` hears pages done and pages in all, and may stop it all."""
    view = read_view(asked.query)
    lay = layout(asked.paper, asked.orientation)
    units = atlas.units_of(db, viewer, asked.atlas) if asked.atlas else []
    tell(0, len(units) or 1)
    with closing(Book(lay, imprint, prepare(db, registry, viewer, view, now))) as book:
        if asked.atlas is not None:
            failed = _Atlas(db, viewer, book, units, asked.atlas, asked.scale).write(tell)
            return Made(book.finish(), book.pdf.pages_count, failed)
        shown = frame_of(
            db, lay.map, scale=asked.scale, center=asked.center or view.center, box=asked.box, zoom=view.zoom
        )
        book.add_map(db, viewer, shown, imprint.title, imprint.subtitle)
        book.add_left()
        return Made(book.finish(), book.pdf.pages_count, [])


def frame_of(
    db: Session, at: Area, *, scale: int | None, center: Place | None, box: Box | None, zoom: float | None = None
) -> Frame:
    """What one sheet shows: a scale around a place, else a box, else a place at its zoom, else the city."""
    city = city_facts().crs_epsg
    if center is not None and not (abs(center[0]) <= 180 and abs(center[1]) <= 90):
        raise InvalidInput("This place has no map: move it into the city.", field="center")
    if scale is not None and center is not None:
        return frame.around(frame.epsg_for(*center, city), *center, scale, at.width, at.height)
    if box is None and center is not None and zoom is not None:
        probe = frame.around(frame.epsg_for(*center, city), *center, 10_000, at.width, at.height)
        wanted = 10_000 * 2 ** (probe.zoom - zoom)
        near = min(frame.FIT_SCALES, key=lambda one: abs(one - wanted))
        return frame.around(probe.epsg, *center, near, at.width, at.height)
    west, south, east, north = box or city_box(db)
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise InvalidInput("The bbox lies outside the world, or its corners are swapped.", field="box")
    middle = (west + east) / 2, (south + north) / 2
    epsg = frame.epsg_for(*middle, city)
    if scale is not None:
        return frame.around(epsg, *middle, scale, at.width, at.height)
    return frame.fitted(epsg, (west, south, east, north), at.width, at.height)


def city_box(db: Session) -> tuple[float, float, float, float]:
    """The city's bounding box in degrees."""
    edges: Any = (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)
    row = db.execute(select(*(edge(City.boundary) for edge in edges))).first()
    if row is None:
        raise InvalidInput("This place has no map: move it into the city.", field="query")
    return float(row[0]), float(row[1]), float(row[2]), float(row[3])


@dataclass
class _Atlas:
    """An atlas being written."""

    db: Session
    viewer: Viewer
    book: Book
    units: list[Unit]
    asked: AtlasIn
    scale: int | None

    @property
    def rows(self) -> int:
        """Index lines on a page."""
        lay = self.book.layout
        return int((lay.foot_y - lay.head.y - lay.head.height - 8 * lay.size) / (ROW_MM * lay.size))

    @property
    def first(self) -> int:
        """The page of the first unit."""
        return 2 + atlas.index_pages(len(self.units), self.rows)

    def write(self, tell: Tell) -> list[dict[str, str]]:
        """All pages; gives the units that failed. A failed unit has a page that says so: numbers stay."""
        self._overview()
        self._index()
        failed = []
        for number, unit in enumerate(self.units):
            try:
                with self.db.begin_nested():
                    self._page(number, unit)
            except Exception as error:
                failed.append(self._say_it_failed(number, unit, error))
            tell(number + 1, len(self.units))
        self.book.add_left()
        return failed

    def _say_it_failed(self, number: int, unit: Unit, error: Exception) -> dict[str, str]:
        """A page with the reason instead of the map. What nobody expected goes into the log too."""
        book, name = self.book, unit.name(self.book.imprint.lang)
        if isinstance(error, CityError):
            code, why = error.code, words_of(error)
        else:
            log.exception("atlas page of %s failed", unit.code, exc_info=error)
            code, why = "printing.page_failed", _("Something went wrong on our side")
        if book.pdf.pages_count >= self.first + number:  # half drawn: all of it goes
            book.pdf.pages[self.first + number].contents = bytearray()
            book.rewrite_head(name, unit.code)
        else:
            book.add_page(name, unit.code)
        told = _("This page could not be made: {reason}").format(reason=why)
        book.pen.words(told, MARGIN, book.layout.map.y + 10, 10, ACCENT, middle=False)
        return {"unit": unit.code, "name": name, "code": code, "detail": why}

    def _page(self, number: int, unit: Unit) -> None:
        at, size = self.book.layout.map, self.book.layout.size
        epsg = frame.epsg_for(*unit.middle, city_facts().crs_epsg)
        if self.scale is None:
            shown = frame.fitted(epsg, unit.outline.bounds, at.width, at.height, FIT_MARGIN_MM * size)
        else:
            shown = frame.around(epsg, *unit.middle, self.scale, at.width, at.height)
        lang = self.book.imprint.lang
        beside = [
            (shapely.Point(self.units[one].middle), _("{name}, p. {page}").format(
                name=self.units[one].name(lang), page=self.first + one
            ))
            for one in unit.neighbours
        ]  # fmt: skip
        title = unit.name(lang)
        subtitle = " · ".join(one for one in (self.book.imprint.title, "" if title == unit.code else unit.code) if one)
        self.book.add_map(self.db, self.viewer, shown, title, subtitle, Focus(unit.outline, beside))

    def _overview(self) -> None:
        """All units on one map, each with its page."""
        book, at, size = self.book, self.book.layout.map, self.book.layout.size
        book.add_page(book.imprint.title, book.imprint.subtitle or _("Overview"))
        box = atlas.box_of(self.units)
        epsg = frame.epsg_for((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, city_facts().crs_epsg)
        shown = frame.fitted(epsg, box, at.width, at.height, 3)
        book.draw_plain(self.db, self.viewer, shown)
        outlines = [shapely.transform(one.outline, lambda at: shown.spots(at[:, 0], at[:, 1])) for one in self.units]
        with book.pen.inside(at.x, at.y, at.width, at.height):
            book.pen.stroke(outlines, ACCENT, 0.3)
        for number, outline in enumerate(outlines):
            spot = shapely.point_on_surface(outline)
            tall = outline.bounds[3] - outline.bounds[1]
            points = min(9.0, max(4.0, tall)) * size
            book.pen.words(str(self.first + number), at.x + spot.x, at.y + spot.y, points, ACCENT, halo="#ffffff")
        draw_edge(book.pen, shown, at, size)
        book.write_facts(shown)

    def _index(self) -> None:
        """Page, code, name, middle and neighbours of each unit."""
        book, lay = self.book, self.book.layout
        shares = (0.0, 0.06, 0.25, 0.52, 0.74)
        wide = lay.width - 2 * MARGIN
        heads = (_("Page"), _("Code"), _("Area or cell"), _("Middle"), _("Neighbours, pages"))
        for start in range(0, len(self.units), self.rows):
            book.add_page(book.imprint.title, _("Index"))
            y = lay.head.y + lay.head.height
            for share, text in zip(shares, heads, strict=True):
                book.pen.words(text, MARGIN + share * wide, y, 7 * lay.size, SOFT, middle=False)
            for number, unit in enumerate(self.units[start : start + self.rows], start):
                y += ROW_MM * lay.size
                lon, lat = unit.middle
                pages = ", ".join(str(self.first + one) for one in sorted(unit.neighbours))
                place = f"{arc_words(lat, 'NS')} {arc_words(lon, 'EW')}"
                texts = (str(self.first + number), unit.code, unit.name(book.imprint.lang), place, pages)
                ends = (*shares[1:], 1.0)
                for share, end, text in zip(shares, ends, texts, strict=True):
                    book.write_cell(text, MARGIN + share * wide, y, (end - share) * wide - 2, INK)
