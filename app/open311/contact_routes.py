"""The API by which an officer learns who reported a case, to call back."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, ConfigDict, Field

from app.accounts.session import current_viewer
from app.open311 import contacts
from gis.db import transaction

TAG = Tag(name="reporters", description="Who reported a case: sealed, opened with a purpose")
SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("open311_contacts", __name__, url_prefix="/api/v1", abp_tags=[TAG], abp_security=SECURITY)


class NumberPath(BaseModel):
    """A case by its number."""

    number: str = Field(max_length=40)


class PurposeIn(BaseModel):
    """What for."""

    model_config = ConfigDict(extra="forbid")

    purpose: str = Field(max_length=200)


@api.post("/cases/<string:number>/reporter")
def post_reporter(path: NumberPath, body: PurposeIn) -> Response:
    """Open who reported a case; the look is recorded with its purpose."""
    viewer = current_viewer()
    with transaction() as db:
        told = jsonify(contacts.open_contact(db, viewer, path.number, body.purpose))
    told.headers["Cache-Control"] = "no-store"
    return told
