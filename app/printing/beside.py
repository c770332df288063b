"""The legend and the facts beside a map: what is drawn, from where, how old, and the code that opens it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from flask_babel import gettext as _

from app.printing.frame import Frame, scale_bar
from app.printing.furniture import INK, SOFT, draw_bar, draw_code, draw_north
from app.printing.paper import Area
from app.printing.pen import Pen
from app.printing.thematic import Told
from layers.legend import Item
from layers.looks import HIDDEN_COLOUR, MISSING_COLOUR

LINE, TEXT, HEAD = 3.6, 6.5, 7.5  # millimetres of a line, points of its text and of headings
SWATCH = 4.4
LONG = 8  # lines; of a longer legend those without a row are left out
LEAST = 24.0  # millimetres of room in which a long legend may begin
HATCHED = {HIDDEN_COLOUR, MISSING_COLOUR}


@dataclass(frozen=True)
class Line:
    """One line of the legend: plain words, or a swatch with words and a count."""

    text: str
    size: float = TEXT
    colour: str = INK
    item: Item | None = None
    count: str = ""
    square: tuple[str, ...] = ()  # nine colours, drawn as a square instead of a swatch

    @property
    def tall(self) -> float:
        """Millimetres on A4."""
        return 18.0 if self.square else LINE * (1.25 if self.size == HEAD else 1.0)


def legend_lines(pen: Pen, told: Sequence[Told], notes: Sequence[str], wide: float, size: float) -> list[list[Line]]:
    """The lines of each layer, topmost layer first, none wider than `wide` millimetres; then the base map's notes."""
    blocks = [_of_layer(pen, one, wide, size) for one in reversed(told)]
    if not told:
        blocks.append([Line(_("No layer is on: this is the base map."), TEXT, SOFT)])
    if notes:
        blocks.append([Line(text, TEXT, SOFT) for note in notes for text in _wrapped(pen, note, wide, TEXT * size)])
    return blocks


def _of_layer(pen: Pen, told: Told, wide: float, size: float) -> list[Line]:
    legend, style = told.legend, told.wanted.layer.style
    title = str(told.wanted.layer.title)
    lines = [Line(text, HEAD) for text in _wrapped(pen, title, wide, HEAD * size)]
    if told.wanted.style_title:
        lines += [Line(text, TEXT, SOFT) for text in _wrapped(pen, told.wanted.style_title, wide, TEXT * size)]
    if legend.heading and not legend.square:
        lines += [Line(text) for text in _wrapped(pen, legend.heading, wide, TEXT * size)]
    if len(legend.items) > 1:
        lines.append(Line("", TEXT, SOFT, count=legend.unit))
    if legend.square:
        across, up = legend.square
        lines.append(Line(_("→ {right}   ↑ {up}").format(right=across, up=up), TEXT, SOFT))
        lines.append(Line("", square=style.mixed))
        items = [one for one in legend.items if one.value is None]
    else:
        is_long = len(legend.items) > LONG
        items = [one for one in legend.items if one.count != 0 or not is_long]
    for item in items:
        room = wide - (SWATCH + 12) * size
        texts = _wrapped(pen, item.label, room, TEXT * size) or [""]
        lines.append(Line(texts[0], item=item, count="" if item.count is None else f"{item.count:,}"))
        lines += [Line(text, item=None, count="\u200b") for text in texts[1:]]
    for note in _notes(told):
        lines += [Line(text, TEXT, SOFT) for text in _wrapped(pen, note, wide, TEXT * size)]
    return lines


def _notes(told: Told) -> list[str]:
    found = []
    if told.here is not None and told.whole is not None:
        found.append(
            _("{here} of {whole} rows lie on this sheet").format(here=f"{told.here:,}", whole=f"{told.whole:,}")
        )
    if told.legend.fit is not None:
        found.append(_("Goodness of fit {fit} of 1").format(fit=f"{told.legend.fit:.3f}"))
    return [*found, *told.notes]


def _wrapped(pen: Pen, text: str, wide: float, size: float) -> list[str]:
    """A text in lines that fit."""
    pen.pdf.set_font("noto", size=size)
    found: list[str] = []
    for part in text.splitlines():
        line = ""
        for word in _pieces(part):
            if line and pen.pdf.get_string_width(line + word) > wide:
                found.append(line.rstrip())
                line = word.lstrip()
            else:
                line += word
        found.append(line.rstrip())
    return [one for one in found if one]


def _pieces(text: str) -> list[str]:
    """Where a line may break: after blanks and after any Chinese character."""
    found, word = [], ""
    for one in text:
        word += one
        if one == " " or ord(one) > 0x2E80 or len(word) > 40:
            found.append(word)
            word = ""
    return [*found, word] if word else found


def draw_legend(pen: Pen, blocks: Sequence[Sequence[Line]], columns: Sequence[Area], size: float) -> list[list[Line]]:
    """Fill the columns; gives the blocks, or what is left of one, that found no room."""
    waiting = [list(block) for block in blocks]
    for column in columns:
        y = column.y
        while waiting:
            block = waiting[0]
            whole = sum(line.tall for line in block) * size
            room = column.y + column.height - y
            if y > column.y and whole > room and (whole <= column.height * 0.5 or room < LEAST * size):
                break
            while block and y + block[0].tall * size <= column.y + column.height:
                line = block.pop(0)
                _draw_line(pen, line, column, y, size)
                y += line.tall * size
            if block:
                break
            waiting.pop(0)
            y += 1.6 * size
    return waiting


def _draw_line(pen: Pen, line: Line, column: Area, y: float, size: float) -> None:
    middle = y + line.tall * size / 2
    if line.square:
        side = 5.2 * size
        with pen.inside(column.x, y, column.width, line.tall * size):
            for at, shade in enumerate(line.square):
                across, up = at % 3, at // 3
                box = shapely.box(across * side, (2 - up) * side, (across + 1) * side, (3 - up) * side)
                pen.fill([box], shade)
                pen.stroke([box], "#ffffff", 0.2)
        return
    is_item = line.item is not None or line.count == "\u200b"
    left = column.x + (SWATCH + 2) * size if is_item else column.x
    if line.item is not None:
        _draw_swatch(pen, line.item, column.x, middle, size)
    pen.words(line.text, left, middle, line.size * size, line.colour, middle=False)
    if line.count.strip("\u200b"):
        pen.pdf.set_font("noto", size=TEXT * size)
        wide = pen.pdf.get_string_width(line.count)
        pen.words(line.count, column.x + column.width - wide, middle, TEXT * size, line.colour, middle=False)


def _draw_swatch(pen: Pen, item: Item, x: float, middle: float, size: float) -> None:
    wide, tall = SWATCH * size, 2.4 * size
    with pen.inside(x, middle - LINE * size / 2, wide, LINE * size):
        box = shapely.box(0.1, LINE * size / 2 - tall / 2, wide - 0.1, LINE * size / 2 + tall / 2)
        if item.shape == "fill":
            if item.value is None and item.colour in HATCHED:
                pen.hatch([box], item.colour)
            else:
                pen.fill([box], item.colour)
            pen.stroke([box], "#7c848b", 0.12)
        elif item.shape == "line":
            pen.stroke([shapely.LineString([(0.2, LINE * size / 2), (wide - 0.2, LINE * size / 2)])], item.colour, 0.6)
        else:
            at = shapely.get_coordinates(shapely.Point(wide / 2, LINE * size / 2))
            pen.marks(at, item.shape, item.colour, 1.15 * size * (0.75 if item.is_quiet else 1))


@dataclass(frozen=True)
class Facts:
    """The plain facts of a sheet: scale words, reference system, lines of text, and the address to scan."""

    lines: tuple[str, ...]
    address: str
    north: str


def draw_facts(pen: Pen, frame: Frame, facts: Facts, area: Area, size: float) -> list[str]:
    """Scale bar, arrow, facts and code; gives the lines that found no room."""
    side = 21.0 * size
    draw_north(pen, frame, area.x + area.width - 6 * size, area.y + 9 * size, size, facts.north)
    pen.words(f"1 : {frame.scale:,}", area.x, area.y + 3 * size, 10 * size, INK, middle=False)
    draw_bar(pen, scale_bar(frame, area.width * 0.56), area.x + 1.0 * size, area.y + 10.5 * size, size)
    top = area.y + 17.5 * size
    draw_code(pen, facts.address, area.x - 1.5 * size, area.y + area.height - side + 1.5 * size, side)
    texts = [text for one in facts.lines for text in _wrapped(pen, one, area.width, 6 * size)]
    room = int((area.height - 17.5 * size - side) / (3.0 * size))
    for at, text in enumerate(texts[:room]):
        pen.words(text, area.x, top + at * 3.0 * size, 6 * size, INK, middle=False)
    beside = Area(area.x + side, area.y + area.height - side, area.width - side, side)
    told = _("Scan to open this map again:")
    for at, text in enumerate([*_wrapped(pen, told, beside.width, 6 * size), *_cut(pen, facts.address, beside.width,
                                                                                 6 * size)]):  # fmt: skip
        pen.words(text, beside.x, beside.y + (5 + at * 3.0) * size, 6 * size, INK, middle=False)
    return texts[room:]


def _cut(pen: Pen, address: str, wide: float, size: float) -> list[str]:
    """An address in pieces that fit."""
    pen.pdf.set_font("noto", size=size)
    found, line = [], ""
    for one in address:
        if line and pen.pdf.get_string_width(line + one) > wide:
            found.append(line)
            line = ""
        line += one
    return [*found, line]
