"""The page of names: a city calls states, acts and tasks as it likes, and everything shows its words."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from app.accounts.session import current_viewer
from app.audit.service import record
from app.errors import status_of, words_of
from app.workflow.kinds import Kind
from app.workflow.labels import LABEL_MAX, names_of, own_names, said, set_label
from app.workflow.registry import known_kinds
from gis.db import transaction
from gis.errors import InvalidInput, NotFound
from grid.reach import Viewer

RIGHT = "catalogue.edit"
bp = Blueprint("workflow", __name__, url_prefix="/admin/labels", template_folder="templates")


def _editor() -> Viewer:
    viewer = current_viewer()
    viewer.require(RIGHT)
    return viewer


def _kind(name: str) -> Kind:
    found = known_kinds().get(name)
    if found is None:
        raise NotFound("There is no kind of matter {name}.", name=name[:40])
    return found


@bp.get("")
def first_kind() -> Response:
    """The first kind of matter."""
    _editor()
    return redirect(f"/admin/labels/{next(iter(known_kinds()))}", 302)


@bp.get("/<kind>")
def show_labels(kind: str) -> str:
    """All names of a kind: as declared, and the city's own."""
    _editor()
    return _page(kind, None)


def _page(kind: str, error: InvalidInput | None) -> str:
    one = _kind(kind)
    with transaction() as db:
        own = own_names(db, kind)
    groups: dict[str, list[dict[str, Any]]] = {"states": [], "acts": [], "tasks": []}
    for name, declared in names_of(one).items():
        group, _, plain = name.partition(".")
        mine = own.get(name, ("", ""))
        if request.method == "POST":
            mine = request.form.get(f"{name}.zh", ""), request.form.get(f"{name}.en", "")
        groups[group].append({"name": name, "plain": plain, "declared": declared, "zh": mine[0], "en": mine[1]})
    problem = {"field": error.field, "words": words_of(error)} if error else None
    return render_template(
        "workflow/labels.html", kind=one, groups=groups, own=len(own), problem=problem, said=said, most=LABEL_MAX,
        kinds=list(known_kinds().values()), saved=request.args.get("saved", ""),
    )  # fmt: skip


@bp.post("/<kind>")
def post_labels(kind: str) -> Response:
    """Take the city's names; a name left blank in both languages is the declared one again."""
    viewer, one = _editor(), _kind(kind)
    try:
        with transaction() as db:
            before = own_names(db, kind)
            for name in names_of(one):
                zh, en = ((request.form.get(f"{name}.{language}") or "").strip() for language in ("zh", "en"))
                if "reset" in request.form:
                    zh = en = ""
                if (zh, en) != before.get(name, ("", "")):
                    set_label(db, one, name, zh, en)
                    told = {"name": name, "zh": zh, "en": en, "before": list(before.get(name, ()))}
                    record(db, viewer, act="labels.change", subject="label", subject_id=kind, detail=told)
    except InvalidInput as error:
        return make_response(_page(kind, error), status_of(error))
    return redirect(f"/admin/labels/{kind}?saved=1", 303)
