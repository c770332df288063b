"""The API of places: search, where a point is, areas, cells, buildings, the city."""

from __future__ import annotations

from typing import Any

from flask_openapi3 import APIBlueprint
from flask_openapi3.models.tag import Tag
from geoalchemy2.shape import to_shape

from app.accounts.session import current_viewer
from app.places import queries, reading
from app.places.schemas import AreaQuery, CellPath, CellQuery, IdPath, ReverseQuery, SearchQuery
from gis.datum import to_wgs84
from gis.db import transaction
from gis.errors import InvalidInput
from grid import addresses, history, reverse
from grid.locate import OutsideCity

TAG = Tag(name="places", description="Addresses, areas and cells")
SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("places_api", __name__, url_prefix="/api/v1", abp_tags=[TAG], abp_security=SECURITY)
RIGHT = "places.read"


@api.get("/places/search")
def get_search(query: SearchQuery) -> dict[str, Any]:
    """Addresses, roads, areas and cells by text, pinyin, initials or likeness, best first."""
    viewer = current_viewer()
    viewer.require(RIGHT)
    if (query.lon is None) != (query.lat is None):
        raise InvalidInput("Give both longitude and latitude, or neither.", field="lon")
    near = None if query.lon is None or query.lat is None else (query.lon, query.lat)
    with transaction() as db:
        found = addresses.search(db, viewer, query.q, limit=query.limit, near=near)
        names = queries.area_names(db, {one.area_code for one in found if one.area_code})
    return {"items": [reading.found_to_json(one, names.get(one.area_code or "")) for one in found]}


@api.get("/places/reverse")
def get_reverse(query: ReverseQuery) -> dict[str, Any]:
    """Where a point is, in words; 422 ``grid.outside_city`` outside the city or outside what the viewer sees."""
    viewer = current_viewer()
    viewer.require(RIGHT)
    lon, lat = to_wgs84(query.lon, query.lat, datum=query.datum)
    with transaction() as db:
        where = reverse.describe(db, float(lon), float(lat))
        if not viewer.reaches(where.place.area_code):
            raise OutsideCity("The place {lon}, {lat} lies outside the areas that you see.", lon=lon, lat=lat)
        return reading.where_to_json(where)


@api.get("/city")
def get_city() -> dict[str, Any]:
    """The city: names, extent, time zone, levels of its areas."""
    current_viewer().require(RIGHT)
    with transaction() as db:
        city = queries.city(db)
        west, south, east, north = to_shape(city.boundary).bounds
        return {
            "profile": city.profile,
            "name_zh": city.name_zh,
            "name_en": city.name_en,
            "bbox": [west, south, east, north],
            "center": [(west + east) / 2, (south + north) / 2],
            "language": city.language,
            "time_zone": city.time_zone,
            "levels": city.levels,
            "is_demo": city.is_demo,
        }


@api.get("/areas")
def get_areas(query: AreaQuery) -> dict[str, Any]:
    """Areas in the viewer's reach and those above them, by level and parent, as of a day."""
    viewer = current_viewer()
    viewer.require(RIGHT)
    with transaction() as db:
        found = history.areas(db, viewer, level=query.level, parent=query.parent, on=query.on)
        items = [reading.area_to_json(area) for area in found]
    return {"items": items, "next": None, "matched": len(items)}


@api.get("/unit-cells/<code>")
def get_unit_cell(path: CellPath, query: CellQuery) -> dict[str, Any]:
    """A unit cell with its border, as of a day."""
    viewer = current_viewer()
    with transaction() as db:
        return reading.cell_to_json(queries.unit_cell(db, viewer, path.code, query.on))


@api.get("/places/buildings/<int:id>")
def get_building(path: IdPath) -> dict[str, Any]:
    """A building's outline and address."""
    viewer = current_viewer()
    with transaction() as db:
        return queries.building(db, viewer, path.id)
