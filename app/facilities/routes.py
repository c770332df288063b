"""The facilities' API."""

from __future__ import annotations

from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from app.accounts.session import current_viewer
from app.facilities import queries, service
from app.facilities.schemas import ById, FacilityChange, FacilityQuery, NewFacility
from app.web.idempotency import idempotent
from gis.db import transaction

TAG = Tag(name="facilities", description="Facilities: what people go to, or what comes to them")
bp = APIBlueprint(
    "facilities_api", __name__, url_prefix="/api/v1/facilities", abp_tags=[TAG], abp_security=[{"bearer": []}]
)


@bp.get("")
def get_facilities(query: FacilityQuery) -> dict[str, Any]:
    """Facilities in reach."""
    with transaction() as db:
        return queries.find(db, current_viewer(), query)


@bp.post("")
@idempotent
def post_facility(body: NewFacility) -> tuple[dict[str, Any], int]:
    """Add a facility."""
    viewer = current_viewer()
    with transaction() as db:
        return queries.read(db, viewer, service.create(db, viewer, body).id), 201


@bp.get("/<int:id>")
def get_facility(path: ById) -> dict[str, Any]:
    """One facility with its shape."""
    with transaction() as db:
        return queries.read(db, current_viewer(), path.id)


@bp.patch("/<int:id>")
def patch_facility(path: ById, body: FacilityChange) -> dict[str, Any]:
    """Change facts or place."""
    viewer = current_viewer()
    with transaction() as db:
        service.change(db, viewer, path.id, body)
        return queries.read(db, viewer, path.id)


@bp.get("/<int:id>/history")
def get_history(path: ById) -> dict[str, Any]:
    """What happened to a facility, oldest first."""
    with transaction() as db:
        return {"items": queries.history(db, current_viewer(), path.id)}
