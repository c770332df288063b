"""The pages of the organisation: lists of departments, teams and posts, a form with its history."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, send_file
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.accounts import queries as accounts
from app.accounts.areas import open_areas
from app.accounts.session import current_viewer
from app.errors import status_of, words_of
from app.organisation import facts, files, imports, queries, register
from app.organisation.errors import NoSuchThing
from app.organisation.forms import cell_groups, sent
from app.organisation.models import PostKind
from app.organisation.service import RIGHT
from app.organisation.words import DEPARTMENT_KINDS, FIELDS, POST_KINDS
from app.web.city import forget_city
from app.web.named import named
from gis.db import transaction
from gis.errors import CityError, Conflict, InvalidInput
from grid.reach import Viewer

bp = Blueprint("organisation", __name__, url_prefix="/admin/organisation", template_folder="templates")
KIND_OF = {"departments": "department", "teams": "team", "posts": "post"}
MEDIA = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
MANY = "any(departments, teams, posts)"
NOBODYS_SHOWN = 200


def _editor() -> Viewer:
    viewer = current_viewer()
    viewer.require(RIGHT)
    return viewer


@bp.get("")
def first_page() -> Response:
    """Departments stand first."""
    _editor()
    return redirect("/admin/organisation/departments", 302)


@bp.get(f"/<{MANY}:many>")
def list_things(many: str) -> str:
    """All of one kind."""
    return _list(many)


def _list(many: str, error: CityError | None = None) -> str:
    viewer = _editor()
    with transaction() as db:
        context: dict[str, Any] = {"items": _rows(db, viewer, many)}
        if many == "posts":
            nobodys = queries.cells_without_post(db, viewer)
            context |= {"nobodys": nobodys[:NOBODYS_SHOWN], "nobodys_count": len(nobodys)}
    return render_template(
        "organisation/list.html", many=many, done=request.args, problem=words_of(error) if error else "",
        kinds=POST_KINDS if many == "posts" else DEPARTMENT_KINDS, named=named, **context,
    )  # fmt: skip


def _rows(db: Session, viewer: Viewer, many: str) -> list[Any]:
    if many == "posts":
        return list(queries.posts(db, viewer))
    return queries.departments(db) if many == "departments" else queries.teams(db)


@bp.get(f"/<{MANY}:many>/new")
def new_thing(many: str) -> str:
    """The form for a new one."""
    _editor()
    kind = request.args.get("kind", "")
    given = {"kind": kind if kind in PostKind._value2member_map_ else "inspector"} if many == "posts" else {}
    return _form(many, given | {"department": request.args.get("department", "")}, None)


@bp.get(f"/<{MANY}:many>/<code>")
def show_thing(many: str, code: str) -> str:
    """One, with its history."""
    viewer = _editor()
    with transaction() as db:
        given = facts.of(db, _get(db, viewer, many, code))
    return _form(many, given, code)


def _get(db: Session, viewer: Viewer, many: str, code: str) -> facts.Row:
    if many == "posts" and not queries.post_in_reach(db, viewer, code):
        raise NoSuchThing("There is none of the code {code}.", code=code[:40])
    return register.get(db, KIND_OF[many], code)


def _form(many: str, given: Mapping[str, Any], code: str | None, error: CityError | None = None) -> str:
    viewer = current_viewer()
    with transaction() as db:
        context: dict[str, Any] = {"departments": queries.departments(db)}
        if many == "departments":
            areas = open_areas(db, deepest=1)
            shown = {one.code for one in areas}
            context |= {"areas": areas, "more_areas": [one for one in given.get("areas", []) if one not in shown]}
        if many == "posts":
            context |= {"groups": cell_groups(db, viewer, code), "people": accounts.of_role(db, given["kind"])}
        if many == "teams":
            context["people"] = [
                one for one in accounts.of_role(db, "department") if one.department in (None, given.get("department"))
            ]
        history = register.history(db, KIND_OF[many], code) if code else []
    return render_template(
        "organisation/form.html", many=many, code=code, given=given, past=_past(history),
        problem={"field": error.field, "words": words_of(error)} if error else None, named=named, FIELDS=FIELDS,
        kinds=POST_KINDS if many == "posts" else DEPARTMENT_KINDS, saved=request.args.get("saved"), **context,
    )  # fmt: skip


def _past(history: list[Any]) -> list[dict[str, Any]]:
    """Each entry with what it changed from the one before, newest first, and until when it held."""
    found = []
    for at, one in enumerate(history):
        before = history[at + 1].facts if at + 1 < len(history) else None
        changed = [
            (str(FIELDS[name]), before.get(name), value)
            for name, value in one.facts.items() if name in FIELDS and before.get(name) != value
        ] if before is not None else []  # fmt: skip
        found.append({
            "at": one.at, "until": history[at - 1].at if at else None, "actor": one.actor, "changed": changed,
            "is_first": before is None,
        })  # fmt: skip
    return found


@bp.post(f"/<{MANY}:many>/new")
def post_new_thing(many: str) -> Response:
    """Make one."""
    viewer, given = _editor(), sent(many)
    try:
        with transaction() as db:
            made = register.create(db, viewer, KIND_OF[many], register.read(KIND_OF[many], given))
    except (InvalidInput, Conflict) as error:
        return make_response(_form(many, given, None, error), status_of(error))
    forget_city()
    return redirect(f"/admin/organisation/{many}/{made.code}?saved=1", 303)


@bp.post(f"/<{MANY}:many>/<code>")
def post_thing(many: str, code: str) -> Response:
    """Change one."""
    viewer, given = _editor(), sent(many)
    try:
        with transaction() as db:
            _get(db, viewer, many, code)
            register.change(db, viewer, KIND_OF[many], code, given)
    except (InvalidInput, Conflict) as error:
        return make_response(_form(many, given | {"code": code}, code, error), status_of(error))
    forget_city()
    return redirect(f"/admin/organisation/{many}/{code}?saved=1", 303)


@bp.get(f"/<{MANY}:many>.<any(csv, xlsx):ending>")
def get_file(many: str, ending: str) -> Response:
    """All of one kind as a file."""
    viewer = _editor()
    with transaction() as db:
        rows = [
            one if isinstance(one, dict) else facts.of(db, register.get(db, "post", one.code))
            for one in _rows(db, viewer, many)
        ]
    data = files.write(KIND_OF[many], rows, ending)
    return send_file(BytesIO(data), MEDIA[ending], as_attachment=True, download_name=f"{many}.{ending}")


@bp.post(f"/<{MANY}:many>/import")
def post_import(many: str) -> Response:
    """Add and change from a file, whole or not at all."""
    viewer = _editor()
    given = request.files.get("file")
    try:
        if given is None or not given.filename:
            raise InvalidInput("Choose a file.", field="file")
        with transaction() as db:
            counts = imports.take(db, viewer, KIND_OF[many], given.read(), given.filename)
    except (InvalidInput, Conflict) as error:
        return make_response(_list(many, error), status_of(error))
    forget_city()
    query = "&".join(f"{name}={count}" for name, count in counts.items())
    return redirect(f"/admin/organisation/{many}?{query}", 303)
