"""Builders for the catalogue, cases, components and photos, in the invented city of `tests.make`."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from PIL import ExifTags, Image
from sqlalchemy.orm import Session

from app.cases import catalogue, service
from app.cases.models import Case, CaseClass, CasePhoto, ClassKind, FilingCondition
from app.cases.schemas import CaseIn
from app.components import service as components
from app.components.models import Component
from app.components.schemas import ComponentIn
from grid.reach import Viewer
from tests import make

SCHEME = "test catalogue"
ALL = frozenset({"cases.read", "cases.create", "cases.move", "components.read", "components.edit", "layers.read"})
HERE = (make.WEST + 0.001, make.SOUTH + 0.001)  # the middle of cell 310199001001001
SOUTH_AREA, NORTH_AREA = "310199001001", "310199001002"
NORTH = (make.WEST + 0.001, make.SOUTH + make.SIDE + 0.001)


def viewer(role: str = "inspector", *prefixes: str, department: str | None = None) -> Viewer:
    """A viewer with every right of these registers who has no account; the whole city unless areas are named."""
    return Viewer(None, role, role, prefixes or ("",), department, ALL)


def case_class(db: Session, code: str = "0118", *, kind: ClassKind = ClassKind.COMPONENT, **given: Any) -> CaseClass:
    """A minor class 路灯 (street lamp) below the major 公用设施, unless told otherwise."""
    scheme = catalogue.add_scheme(db, SCHEME, "1", "试验目录", "Test catalogue")
    major = catalogue.add_class(db, scheme, kind, code[:2], "公用设施", "Public utilities")
    names = {"name_zh": "路灯", "name_en": "Street lamp"} | given
    return catalogue.add_class(db, scheme, kind, code, parent=major, **names)


def case(db: Session, *, at: tuple[float, float] = HERE, by: Viewer | None = None, **given: Any) -> Case:
    """A reported case of a street lamp in the middle of the south-west cell."""
    facts: dict[str, Any] = {"lon": at[0], "lat": at[1]}
    if "class_id" not in given:
        facts["class_id"] = case_class(db).id
    return service.create(db, by or viewer(), CaseIn(**facts | given))


def component(db: Session, *, at: tuple[float, float] = HERE, by: Viewer | None = None, **given: Any) -> Component:
    """An intact street lamp in the middle of the south-west cell."""
    facts: dict[str, Any] = {"lon": at[0], "lat": at[1]}
    if "class_id" not in given:
        facts["class_id"] = case_class(db).id
    return components.create(db, by or viewer("department"), ComponentIn(**facts | given))


def photo_row(db: Session, key: str = "ab" * 16, **given: Any) -> CasePhoto:
    """A photo without files that belongs to no case."""
    row = CasePhoto(key=key, media_type="image/jpeg", width=4, height=3, **given)
    db.add(row)
    db.flush()
    return row


def jpeg(*, size: tuple[int, int] = (40, 30), gps: tuple[float, float] | None = None, **exif_given: str) -> bytes:
    """A JPEG, with an EXIF position (lon, lat) and other EXIF texts by tag name if given."""
    image = Image.new("RGB", size, "#336699")
    exif = Image.Exif()
    for name, text in exif_given.items():
        if name in ("DateTimeOriginal", "OffsetTimeOriginal"):
            exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base[name]] = text
        else:
            exif[ExifTags.Base[name]] = int(text) if name == "Orientation" else text
    if gps:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(_gps(*gps))
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def _gps(lon: float, lat: float) -> dict[int, Any]:
    def dms(value: float) -> tuple[Fraction, Fraction, Fraction]:
        whole = abs(value)
        minutes = (whole % 1) * 60
        return Fraction(int(whole)), Fraction(int(minutes)), Fraction(round((minutes % 1) * 60_000), 1000)

    tags = ExifTags.GPS
    return {
        tags.GPSLatitudeRef: "N" if lat >= 0 else "S", tags.GPSLatitude: dms(lat),
        tags.GPSLongitudeRef: "E" if lon >= 0 else "W", tags.GPSLongitude: dms(lon),
    }  # fmt: skip


def noon(day: int = 1, hour: int = 12) -> datetime:
    """A moment of June 2025, in UTC."""
    return datetime(2025, 6, day, hour, tzinfo=UTC)


def condition(db: Session, class_id: int, code: str = "1", **given: Any) -> FilingCondition:
    """A filing condition of a class with a limit of four urgent hours, unless told otherwise."""
    facts: dict[str, Any] = {
        "text_zh": "缺失", "text_en": "Missing", "limits": {"": "4 urgent_hour"}, "source": "test"
    }  # fmt: skip
    made = FilingCondition(class_id=class_id, code=code, **(facts | given))
    db.add(made)
    db.flush()
    return made
