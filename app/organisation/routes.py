"""The organisation's API: reading for all who are logged in, changing for those who may."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from app.accounts.session import current_viewer
from app.organisation import facts, queries, register
from app.organisation.errors import NoSuchThing
from app.organisation.schemas import CodePath, DepartmentIn, PostIn, PostQuery, TeamIn, Thing
from app.organisation.service import RIGHT
from app.web.city import forget_city
from app.web.idempotency import idempotent
from gis.db import transaction
from grid.reach import Viewer

TAG = Tag(name="organisation", description="Departments, teams and posts")
SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("organisation_api", __name__, url_prefix="/api/v1", abp_tags=[TAG], abp_security=SECURITY)


class Patch(BaseModel):
    """What is to change; what is left out stays. The names are those of POST, `code` aside."""

    model_config = ConfigDict(extra="allow")


@api.get("/departments", summary="All departments")
def get_departments() -> Response:
    """Those in use first; inactive ones still name old cases."""
    current_viewer()
    with transaction() as db:
        return jsonify({"items": queries.departments(db)})


@api.get("/teams", summary="All teams")
def get_teams() -> Response:
    """Teams of all departments; members are told to who may change them."""
    viewer = current_viewer()
    with transaction() as db:
        return jsonify({"items": [team_json(viewer, one) for one in queries.teams(db)]})


def team_json(viewer: Viewer, one: dict[str, Any]) -> dict[str, Any]:
    """A team; who is in it is for who manages it."""
    return one if viewer.may(RIGHT) else {name: one[name] for name in one if name != "members"}


@api.get("/posts", summary="Posts of a day")
def get_posts(query: PostQuery) -> Response:
    """Posts in reach with the duty cells that they cover; `duty_cells_without_post` are nobody's."""
    viewer = current_viewer()
    viewer.require("cases.read")
    with transaction() as db:
        found = queries.posts(db, viewer, kind=query.kind, at=query.at)
        nobodys = queries.cells_without_post(db, viewer, query.at)
    return jsonify({
        "items": [post_json(viewer, one) for one in found],
        "duty_cells_without_post": [one.code for one in nobodys],
    })  # fmt: skip


def post_json(viewer: Viewer, one: queries.PostLine) -> dict[str, Any]:
    """A post; who staffs it is for who manages it."""
    told: dict[str, Any] = {
        "code": one.code, "name_zh": one.name_zh, "name_en": one.name_en, "kind": one.kind.value,
        "department": one.department, "hours": list(one.hours), "duty_cells": list(one.duty_cells),
        "is_staffed": bool(one.staff), "valid_from": one.valid_from.isoformat(),
        "valid_to": one.valid_to.isoformat() if one.valid_to else None,
    }  # fmt: skip
    return told | {"staff": list(one.staff)} if viewer.may(RIGHT) else told


@api.post("/departments", summary="Make a department")
@idempotent
def post_department(body: DepartmentIn) -> tuple[Response, int]:
    """A new department."""
    return _create("department", body)


@api.post("/teams", summary="Make a team")
@idempotent
def post_team(body: TeamIn) -> tuple[Response, int]:
    """A new team of a department."""
    return _create("team", body)


@api.post("/posts", summary="Make a post")
@idempotent
def post_post(body: PostIn) -> tuple[Response, int]:
    """A new post with its duty cells and people."""
    return _create("post", body)


@api.patch("/departments/<string:code>", summary="Change a department")
def patch_department(path: CodePath, body: Patch) -> Response:
    """Change what is given. A department is never deleted: set `is_active` to false."""
    return _change("department", path.code, body)


@api.patch("/teams/<string:code>", summary="Change a team")
def patch_team(path: CodePath, body: Patch) -> Response:
    """Change what is given."""
    return _change("team", path.code, body)


@api.patch("/posts/<string:code>", summary="Change a post")
def patch_post(path: CodePath, body: Patch) -> Response:
    """Change what is given; cells and people that leave end today."""
    return _change("post", path.code, body)


def _create(kind: str, body: Thing) -> tuple[Response, int]:
    viewer = current_viewer()
    with transaction() as db:
        made = facts.of(db, register.create(db, viewer, kind, body))
    forget_city()
    return jsonify(made), 201


def _change(kind: str, code: str, body: Patch) -> Response:
    viewer = current_viewer()
    with transaction() as db:
        _seen(db, viewer, kind, code)
        made = facts.of(db, register.change(db, viewer, kind, code, body.model_dump()))
    forget_city()
    return jsonify(made)


def _seen(db: Session, viewer: Viewer, kind: str, code: str) -> None:
    """A post out of reach is not there."""
    viewer.require(RIGHT)
    if kind == "post" and not queries.post_in_reach(db, viewer, code):
        raise NoSuchThing("There is none of the code {code}.", code=code[:40])
