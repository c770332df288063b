"""The residents' API. Nothing personal stands in an address: look-ups by name or number come in a body."""

from __future__ import annotations

from typing import Any

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from app.accounts.session import current_viewer
from app.residents import dwellings, queries, residing, service
from app.residents.opening import open_person
from app.residents.schemas import (
    ById,
    Correction,
    Leaving,
    NewDwelling,
    NewResidence,
    NewResident,
    Opening,
    PersonSearch,
    ResidentQuery,
    Residing,
)
from app.residents.words import warning_words
from app.web.idempotency import idempotent
from gis.db import transaction

TAG = Tag(name="residents", description="Residents and dwellings")
bp = APIBlueprint("residents_api", __name__, url_prefix="/api/v1", abp_tags=[TAG])


@bp.get("/residents")
def get_residents(query: ResidentQuery) -> dict[str, Any]:
    """Residents by address, area, building or dwelling, masked."""
    with transaction() as db:
        return queries.find(db, current_viewer(), query)


@bp.post("/residents/search")
def post_search(body: PersonSearch) -> dict[str, Any]:
    """Look a person up by name or whole number; masked, and recorded."""
    with transaction() as db:
        return queries.search(db, current_viewer(), body)


@bp.post("/residents")
@idempotent
def post_resident(body: NewResident) -> tuple[dict[str, Any], int]:
    """Register a person at a dwelling."""
    viewer = current_viewer()
    with transaction() as db:
        made = service.register(db, viewer, body)
        return queries.read(db, viewer, made.person.id) | {"warnings": warning_words(made.warnings)}, 201


@bp.get("/residents/<int:id>")
def get_resident(path: ById) -> dict[str, Any]:
    """One person, masked."""
    with transaction() as db:
        return queries.read(db, current_viewer(), path.id)


@bp.patch("/residents/<int:id>")
def patch_resident(path: ById, body: Correction) -> dict[str, Any]:
    """Put facts right; masked values are refused."""
    viewer = current_viewer()
    with transaction() as db:
        made = service.correct(db, viewer, path.id, body)
        return queries.read(db, viewer, path.id) | {"warnings": warning_words(made.warnings)}


@bp.post("/residents/<int:id>/open")
def post_open(path: ById, body: Opening) -> dict[str, Any]:
    """The whole record, for a purpose that is recorded."""
    with transaction() as db:
        return open_person(db, current_viewer(), path.id, body)


@bp.get("/residents/<int:id>/history")
def get_history(path: ById) -> dict[str, Any]:
    """What happened to the record, without personal data."""
    with transaction() as db:
        return {"items": queries.history(db, current_viewer(), path.id)}


@bp.post("/residents/<int:id>/residences")
@idempotent
def post_residence(path: ById, body: NewResidence) -> tuple[dict[str, Any], int]:
    """Move a person to a dwelling."""
    viewer = current_viewer()
    with transaction() as db:
        residing.move(db, viewer, path.id, body)
        return queries.read(db, viewer, path.id), 201


@bp.post("/residents/<int:id>/residences/<int:residence_id>/leave")
def post_leave(path: Residing, body: Leaving) -> dict[str, Any]:
    """End a residence."""
    viewer = current_viewer()
    with transaction() as db:
        residing.leave(db, viewer, path.id, path.residence_id, body)
        return queries.read(db, viewer, path.id)


@bp.get("/buildings/<int:id>/dwellings")
def get_dwellings(path: ById) -> dict[str, Any]:
    """A building's dwellings with their head counts."""
    with transaction() as db:
        return dwellings.of_building(db, current_viewer(), path.id)


@bp.post("/dwellings")
@idempotent
def post_dwelling(body: NewDwelling) -> tuple[dict[str, Any], int]:
    """Add a dwelling to a building."""
    viewer = current_viewer()
    with transaction() as db:
        return dwellings.dwelling_to_json(dwellings.create(db, viewer, body)), 201
