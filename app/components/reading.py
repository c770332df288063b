"""Components as JSON, and requests as filters."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from app.cases.reading import address_of, area_of, bbox, class_of, ids, iso, several
from app.components.models import ComponentState
from app.components.queries import ComponentFilter
from app.components.schemas import ComponentQuery


def filter_of(asked: ComponentQuery) -> ComponentFilter:
    """The filter that a query string means; InvalidInput names what can't be read."""
    return ComponentFilter(
        states=several(asked.state, ComponentState, "state"),
        class_ids=ids(asked.class_, "class"),
        area=asked.area.strip(),
        q=asked.q.strip(),
        bbox=bbox(asked.bbox),
    )


def brief(row: Row[Any]) -> dict[str, Any]:
    """A component as lists show it."""
    return {
        "id": row.id, "code": row.code, "url": f"/components/{row.code}", "class": class_of(row), "scheme": row.scheme,
        "name_zh": row.name_zh or row.class_zh, "name_en": row.name_en or row.class_en, "state": row.state.value,
        "in_charge": row.in_charge, "lon": row.lon, "lat": row.lat, "accuracy_m": row.accuracy_m,
        "located_by": row.located_by.value, "area": area_of(row), "address": address_of(row),
        "is_generated": row.is_generated,
    }  # fmt: skip


def detail(row: Row[Any]) -> dict[str, Any]:
    """A component with all that is known of it."""
    return brief(row) | {
        "owner": row.owner, "maintainer": row.maintainer, "data_source": row.data_source,
        "first_recorded_on": row.first_recorded_on.isoformat() if row.first_recorded_on else None,
        "datum_given": row.datum_given, "located_at": iso(row.located_at), "recorded_at": iso(row.recorded_at),
        "unit_cell": {"id": row.unit_cell_id, "code": row.unit_cell_code}, "attributes": row.attributes,
        "external_system": row.external_system, "external_id": row.external_id,
    }  # fmt: skip
