"""The API's description: OpenAPI 3.1, made from the same models that check requests."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response, current_app, jsonify
from flask_openapi3 import OpenAPI

from app.accounts.session import public

bp = Blueprint("openapi_document", __name__)


@bp.get("/api/v1/openapi.json")
@public
def get_openapi() -> Response:
    """The whole description."""
    return jsonify(cast(OpenAPI, current_app).api_doc)
