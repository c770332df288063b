"""Where a point is, in the words that people use: 瑞祥路11号东北方向13.8米, 13.8 m north-east of 11 Ruixiang Road."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shapely.geometry import Point
from sqlalchemy import text
from sqlalchemy.orm import Session

from gis.measure import bearing_deg
from grid.locate import ADDRESS_M, Place, locate

SECTORS_ZH = ("北", "东北", "东", "东南", "南", "西南", "西", "西北")
SECTORS_EN = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
AT_M = 0.5  # nearer than that is "at"
_ADDRESS = text("SELECT text_zh, text_en, ST_X(geom) AS lon, ST_Y(geom) AS lat FROM addresses WHERE id = :id")
_CONTEXT = text((Path(__file__).parent / "sql" / "areas_above.sql").read_text())
_DUTY = text("SELECT id, code, name_zh, name_en, responsible, team FROM duty_cells WHERE id = :id")


@dataclass(frozen=True)
class AreaName:
    """One of the areas that a place lies in."""

    code: str
    level: str
    name_zh: str
    name_en: str


@dataclass(frozen=True)
class DutyName:
    """The duty cell that a place lies in."""

    id: int
    code: str
    name_zh: str
    name_en: str
    responsible: str | None
    team: str | None


@dataclass(frozen=True)
class Where:
    """A point in words. `areas` run from the widest to the finest."""

    place: Place
    text_zh: str
    text_en: str
    areas: tuple[AreaName, ...]
    duty_cell: DutyName | None


def describe(db: Session, lon: float, lat: float) -> Where:
    """What a point (EPSG:4326) is near, or its cell where no address lies within 200 m; raises OutsideCity."""
    place = locate(db, Point(lon, lat))
    areas = tuple(AreaName(*row) for row in db.execute(_CONTEXT, {"code": place.area_code}))
    duty = db.execute(_DUTY, {"id": place.duty_cell_id}).one_or_none()
    texts = _unaddressed(place, areas) if place.address_id is None else _addressed(db, place, lon, lat)
    return Where(place, *texts, areas, DutyName(*duty) if duty else None)


def sector(degrees: float) -> int:
    """Which of eight sectors of 45°, centred on north and counted clockwise, a bearing lies in."""
    return int((degrees % 360 + 22.5) // 45) % 8


def _addressed(db: Session, place: Place, lon: float, lat: float) -> tuple[str, str]:
    """Address, bearing from it to the point, metres."""
    address = db.execute(_ADDRESS, {"id": place.address_id}).one()
    metres = place.address_distance_m or 0.0
    if metres < AT_M:
        return address.text_zh, address.text_en
    towards = sector(bearing_deg(address.lon, address.lat, lon, lat))
    return (
        f"{address.text_zh}{SECTORS_ZH[towards]}方向{metres:.1f}米",
        f"{metres:.1f} m {SECTORS_EN[towards]} of {address.text_en}",
    )


def _unaddressed(place: Place, areas: tuple[AreaName, ...]) -> tuple[str, str]:
    """The areas and the cell, and that no address is near."""
    zh = "".join(area.name_zh for area in areas)
    en = ", ".join(area.name_en for area in reversed(areas))
    return (
        f"{zh}单元网格{place.unit_cell_code}（{ADDRESS_M:.0f}米内没有地址）",
        f"{en}: unit cell {place.unit_cell_code} (no address within {ADDRESS_M:.0f} m)",
    )
