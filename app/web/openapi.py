"""The API's description: OpenAPI 3.1, made from the same models that check requests."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

from flask import Blueprint, Response, current_app, jsonify
from flask_openapi3 import OpenAPI
from pydantic import BaseModel

from app.accounts.session import public

bp = Blueprint("openapi_document", __name__)


@bp.get("/api/v1/openapi.json")
@public
def get_openapi() -> Response:
    """The whole description."""
    return jsonify(cast(OpenAPI, current_app).api_doc)


def keep_schemas() -> None:
    """Ask a model for its JSON schema once. flask-openapi3 does so with every request that has a query (1 ms each)."""
    made = BaseModel.model_json_schema.__func__  # type: ignore[attr-defined]  # the function of a class method
    if getattr(made, "is_kept", False):
        return
    once = cache(made)

    def model_json_schema(cls: type[BaseModel], *args: Any, **given: Any) -> dict[str, Any]:
        found: dict[str, Any] = made(cls, *args, **given) if args or given else once(cls)
        return found

    model_json_schema.is_kept = True  # type: ignore[attr-defined]  # a mark, so that it is done once
    BaseModel.model_json_schema = classmethod(model_json_schema)  # type: ignore[method-assign, assignment]
