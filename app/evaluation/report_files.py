"""A report's contents as a PDF and as a workbook, each with the map in it. Chinese is set in an embedded font."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import pylopdf_fonts_zh_cn
from flask_babel import format_datetime
from flask_babel import gettext as _
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace
from openpyxl import Workbook
from openpyxl.drawing.image import Image as SheetImage
from openpyxl.styles import Alignment, Font
from PIL import Image, ImageChops, ImageDraw, ImageFont
from sqlalchemy.orm import Session

from app.evaluation import choropleth, figures, words
from app.evaluation.asked import Asked
from app.evaluation.choropleth import NONE, ColourMap
from app.evaluation.figures import NOTHING, Figure
from app.evaluation.indicators import INDICATORS, Indicator
from app.evaluation.models import Report
from app.evaluation.names import names_of
from app.evaluation.ranking import Ranked, ranked
from grid.reach import Viewer

FONT = Path(pylopdf_fonts_zh_cn.__file__).parent / "NotoSansSC-Regular.otf"
MARGIN_MM, WIDTH_MM = 15, 180
PIXELS = 1400
INK, LINE = "#1c2327", "#626d74"


@dataclass(frozen=True)
class Section:
    """One indicator: its objects ranked, the whole, and its map where objects are areas."""

    indicator: Indicator
    whole: Figure
    rows: list[Ranked]
    names: dict[str, str]
    picture: bytes | None


@dataclass(frozen=True)
class Contents:
    """What both files hold."""

    title: str
    subtitle: str
    sections: list[Section]


def contents(db: Session, viewer: Viewer, report: Report, asked: Asked) -> Contents:
    """The figures of a report's period, in the language of the moment."""
    chosen = [INDICATORS[code] for code in report.indicators if code in INDICATORS]
    table = figures.by_object(db, viewer, asked, chosen)
    whole = figures.whole(db, viewer, asked, chosen)
    names = names_of(db, viewer, asked, table)
    sections = []
    for one in chosen:
        rows = ranked(one, {key: row.get(one.code, NOTHING) for key, row in table.items()})
        drawn = picture(choropleth.of_indicator(db, viewer, asked, one), one) if asked.by == "area" else None
        sections.append(Section(one, whole.get(one.code, NOTHING), rows, names, drawn))
    until = format_datetime(asked.window.end, "short")
    told = _("{period} · counted until {moment}").format(period=words.period(asked.period), moment=until)
    return Contents(report.name, told, sections)


def picture(made: ColourMap, indicator: Indicator) -> bytes:
    """The map with its legend as PNG."""
    scale = PIXELS / made.drawing.width if made.drawing.shapes else 1
    height = max(int(made.drawing.height * scale), 360)
    image = Image.new("RGB", (PIXELS + 520, height + 40), "white")
    pen = ImageDraw.Draw(image)
    hatched = _hatch(image.size)
    for shape in made.drawing.shapes:
        colour = made.colours[shape.key]
        mask = Image.new("1", image.size)
        for ring in shape.rings:  # even-odd: a hole inside its polygon is cut out again
            spots = [(x * scale + 20, y * scale + 20) for x, y in ring]
            one = Image.new("1", image.size)
            ImageDraw.Draw(one).polygon(spots, fill=1)
            mask = ImageChops.logical_xor(mask, one)
        image.paste(hatched if colour == NONE else Image.new("RGB", image.size, colour), mask=mask)
    for shape in made.drawing.shapes:
        for ring in shape.rings:
            pen.line([(x * scale + 20, y * scale + 20) for x, y in ring], fill=LINE, width=2)
    _legend(pen, image, made, indicator, hatched)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _hatch(size: tuple[int, int]) -> Image.Image:
    made = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(made)
    for x in range(-size[1], size[0], 14):
        pen.line([(x, 0), (x + size[1], size[1])], fill="#9aa3a8", width=2)
    return made


def _legend(pen: ImageDraw.ImageDraw, image: Image.Image, made: ColourMap, indicator: Indicator,
            hatched: Image.Image) -> None:  # fmt: skip
    font = ImageFont.truetype(str(FONT), 28)
    x, y = PIXELS + 60, 30
    pen.text((x, y), f"{indicator.name}, %", font=font, fill=INK)
    lines = [(item["colour"], f"{item['low']:.2f} – {item['high']:.2f}", item["count"]) for item in made.legend[::-1]]
    if made.zeros:
        lines.append((choropleth.ZERO, _("zero"), made.zeros))
    if made.missing:
        lines.append((NONE, _("no cases"), made.missing))
    for colour, text, count in lines:
        y += 50
        box = (x, y + 4, x + 46, y + 34)
        image.paste(hatched.crop(box) if colour == NONE else colour, box)
        pen.rectangle(box, outline=LINE)
        pen.text((x + 62, y), f"{text}  ({count})", font=font, fill=INK)
    if made.drawing.shapes:
        y += 90
        wide = made.drawing.bar_m / made.drawing.metres * PIXELS / made.drawing.width
        pen.line([(x, y), (x + min(wide, 420), y)], fill=INK, width=6)
        pen.text((x, y + 8), f"{made.drawing.bar_m:.0f} m", font=font, fill=INK)


def pdf(told: Contents) -> bytes:
    """A4, one section for each indicator."""
    page = FPDF(format="A4")
    page.set_margin(MARGIN_MM)
    page.set_auto_page_break(auto=True, margin=MARGIN_MM)
    page.add_font("noto", fname=str(FONT))
    page.set_title(told.title)
    page.add_page()
    _line(page, told.title, 18)
    _line(page, told.subtitle, 10)
    for section in told.sections:
        one = section.indicator
        page.ln(5)
        _line(page, f"{one.name}  {words.percent(section.whole.ratio)}", 14)
        _line(page, f"{section.whole.numerator} / {section.whole.denominator} · {one.formula} · "
                    + _("Formula version {version}").format(version=one.version), 9)  # fmt: skip
        if section.picture is not None:
            page.image(io.BytesIO(section.picture), w=WIDTH_MM)
        _table(page, section)
    return bytes(page.output())


def _line(page: FPDF, text: str, size: int) -> None:
    page.set_font("noto", size=size)
    page.multi_cell(WIDTH_MM, size * 0.55, text, new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _heads() -> tuple[str, ...]:
    return (_("Rank"), _("Name"), _("Numerator"), _("Denominator"), _("Figure"), _("Band"))


def _table(page: FPDF, section: Section) -> None:
    page.set_font("noto", size=9)
    with page.table(width=WIDTH_MM, col_widths=(12, 68, 26, 28, 26, 20), first_row_as_headings=True,
                    headings_style=FontFace(fill_color=(236, 239, 241))) as table:  # fmt: skip
        for cells in (_heads(), *(_cells(section, row) for row in section.rows)):
            line = table.row()
            for text in cells:
                line.cell(text)


def _cells(section: Section, row: Ranked) -> tuple[str, ...]:
    return (
        "–" if row.rank is None else str(row.rank), section.names[row.key], str(row.figure.numerator),
        str(row.figure.denominator), words.percent(row.figure.ratio), str(words.BANDS.get(row.band, "")),
    )  # fmt: skip


def xlsx(told: Contents) -> bytes:
    """A sheet for each indicator: counts as numbers, ratios as formulas, so that sums stay ratios of sums."""
    book = Workbook()
    book.remove(book.active)  # type: ignore[arg-type]  # a new book has one sheet
    for number, section in enumerate(told.sections, 1):
        sheet = book.create_sheet(f"{number} {section.indicator.name}"[:31].replace("/", " "))
        sheet.append([told.title])
        sheet.append([told.subtitle])
        formula = _("Formula version {version}").format(version=section.indicator.version)
        sheet.append([f"{section.indicator.formula} · {formula}"])
        sheet.append([])
        sheet.append(list(_heads()))
        for cell in sheet[5]:
            cell.font = Font(bold=True)
        first = 6
        for at, row in enumerate(section.rows, first):
            sheet.append([row.rank, safe(section.names[row.key]), row.figure.numerator, row.figure.denominator,
                          f'=IF(D{at}=0,"–",C{at}/D{at})', str(words.BANDS.get(row.band, ""))])  # fmt: skip
        end = first + len(section.rows)
        sheet.append([None, _("All together"), section.whole.numerator, section.whole.denominator,
                      f'=IF(D{end}=0,"–",C{end}/D{end})'])  # fmt: skip
        for at in range(first, end + 1):
            sheet.cell(at, 5).number_format = "0.00%"
            sheet.cell(at, 5).alignment = Alignment(horizontal="right")
        for column, width in zip("ABCDEF", (8, 36, 14, 14, 12, 12), strict=True):
            sheet.column_dimensions[column].width = width
        if section.picture is not None:
            shown = SheetImage(io.BytesIO(section.picture))
            shown.width, shown.height = shown.width * 2 // 5, shown.height * 2 // 5
            sheet.add_image(shown, "H2")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def safe(text: str) -> str:
    """A name that no spreadsheet reads as a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
