"""Places as JSON, in the reader's language where one is asked for."""

from __future__ import annotations

from typing import Any

from flask_babel import get_locale
from geoalchemy2.shape import to_shape
from shapely.geometry import mapping

from grid.addresses import Found
from grid.models import Area, UnitCell
from grid.reverse import Where


def in_language(zh: str | None, en: str | None) -> str:
    """A text in the reader's language, else in the other."""
    locale = get_locale()
    first, second = (zh, en) if locale is None or locale.language == "zh" else (en, zh)
    return first or second or ""


def found_to_json(found: Found, area: tuple[str, str] | None) -> dict[str, Any]:
    """A search answer; the names of its area tell apart what is called alike."""
    return {
        "kind": found.kind,
        "id": found.id,
        "text": in_language(found.text_zh, found.text_en),
        "text_zh": found.text_zh,
        "text_en": found.text_en,
        "lon": found.lon,
        "lat": found.lat,
        "area_code": found.area_code,
        "area": in_language(*area) if area else None,
        "bbox": list(found.bbox),
    }


def where_to_json(where: Where) -> dict[str, Any]:
    """A point in words, with its cell, duty cell and areas."""
    place, duty = where.place, where.duty_cell
    return {
        "text": in_language(where.text_zh, where.text_en),
        "text_zh": where.text_zh,
        "text_en": where.text_en,
        "address_id": place.address_id,
        "distance_m": place.address_distance_m,
        "snapped_m": place.snapped_m,
        "area_code": place.area_code,
        "unit_cell": {"id": place.unit_cell_id, "code": place.unit_cell_code},
        "duty_cell": None
        if duty is None
        else {
            "id": duty.id,
            "code": duty.code,
            "name_zh": duty.name_zh,
            "name_en": duty.name_en,
            "responsible": duty.responsible,
            "team": duty.team,
        },
        "areas": [
            {"code": area.code, "level": area.level, "name_zh": area.name_zh, "name_en": area.name_en}
            for area in where.areas
        ],
    }


def area_to_json(area: Area) -> dict[str, Any]:
    """An area without its border: the map has that."""
    west, south, east, north = to_shape(area.geom).bounds
    return {
        "code": area.code,
        "level": area.level,
        "depth": area.depth,
        "parent_code": area.parent_code,
        "name": in_language(area.name_zh, area.name_en),
        "name_zh": area.name_zh,
        "name_en": area.name_en,
        "area_m2": area.area_m2,
        "bbox": [west, south, east, north],
        "is_generated": area.is_generated,
        "valid_from": area.valid_from.isoformat(),
        "valid_to": area.valid_to.isoformat() if area.valid_to else None,
    }


def cell_to_json(cell: UnitCell) -> dict[str, Any]:
    """A unit cell with its border."""
    return {
        "id": cell.id,
        "code": cell.code,
        "area_code": cell.area_code,
        "area_m2": cell.area_m2,
        "land_use": cell.land_use,
        "management_level": cell.management_level,
        "responsible_body": cell.responsible_body,
        "valid_from": cell.valid_from.isoformat(),
        "valid_to": cell.valid_to.isoformat() if cell.valid_to else None,
        "geometry": mapping(to_shape(cell.geom)),
    }
