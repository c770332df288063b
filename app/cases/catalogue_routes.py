"""The API of catalogues beside the tree: what a class of one scheme is in another."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, ConfigDict, Field

from app.accounts.session import current_viewer
from app.cases import class_maps
from app.cases.models import CaseClass, CatalogueScheme, ClassKind
from gis.db import transaction

SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("catalogue_api", __name__, url_prefix="/api/v1/catalogue", abp_tags=[Tag(name="cases")],
                   abp_security=SECURITY)  # fmt: skip


class MapQuery(BaseModel):
    """A class of one scheme, and the scheme that it is asked in; without a version the one in use."""

    model_config = ConfigDict(populate_by_name=True)

    from_: str = Field(alias="from", max_length=80)
    from_version: str = Field(default="", max_length=40)
    to: str = Field(max_length=80)
    to_version: str = Field(default="", max_length=40)
    code: str = Field(max_length=40)
    kind: ClassKind | None = None


@api.get("/map")
def get_map(query: MapQuery) -> Response:
    """What a class is in another scheme, best fit first; `is_gap` where the table leads nowhere from it."""
    current_viewer().require("cases.read")
    with transaction() as db:
        first = class_maps.scheme_named(db, query.from_, query.from_version)
        second = class_maps.scheme_named(db, query.to, query.to_version)
        kind = query.kind.value if query.kind else None
        version, found = class_maps.convert(db, first.id, second.id, query.code, kind)
        return jsonify({
            "from": _scheme(first), "to": _scheme(second), "version": version, "code": query.code,
            "is_gap": not found, "items": [_class(one.own, one.their) | {"fit": one.fit.value} for one in found],
        })  # fmt: skip


def _scheme(one: CatalogueScheme) -> dict[str, str]:
    return {"name": one.name, "version": one.version}


def _class(own: CaseClass, their: CaseClass) -> dict[str, Any]:
    return {
        "from_kind": own.kind.value, "id": their.id, "kind": their.kind.value, "code": their.code,
        "name_zh": their.name_zh, "name_en": their.name_en,
    }  # fmt: skip
