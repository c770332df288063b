"""Liveness, readiness and figures for operators."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, jsonify

from app.accounts.session import public

bp = Blueprint("health", __name__)


@bp.get("/healthz")
@public
def healthz() -> Response:
    """This process answers."""
    return jsonify({"status": "ok"})


def install(web: Flask) -> None:
    """Count requests."""
