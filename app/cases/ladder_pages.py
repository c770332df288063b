"""The administrators' page of escalation: after how many overdue hours a case is taken to the levels above."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from app.accounts.session import current_viewer
from app.cases import catalogue_tree, ladders, watch
from app.errors import words_of
from app.web.city import DepartmentNames
from app.web.named import name_of, named
from gis.db import transaction
from gis.errors import CityError, Conflict, InvalidInput

bp = Blueprint("cases_ladders", __name__, url_prefix="/admin/notices/escalation", template_folder="templates")


@bp.get("")
def show_ladders() -> str:
    """The rules in force."""
    current_viewer().require(ladders.RIGHT)
    return _page()


def _page(error: CityError | None = None) -> str:
    with transaction() as db:
        found = ladders.list_of(db, current_viewer())
        majors = catalogue_tree.tree(db)["items"]
        alerts = watch.alerts(db)
    rows = [
        {"ladder": ladder, "class": f"{chosen.code} {named(chosen.name_zh, chosen.name_en)}" if chosen else ""}
        for ladder, chosen in found
    ]
    return render_template(
        "cases/ladders.html", rows=rows, majors=majors, departments=DepartmentNames(), alerts=alerts,
        default=ladders.DEFAULT, name_of=name_of, form=request.form,
        problem={"field": error.field, "words": words_of(error)} if error else None,
    )  # fmt: skip


@bp.post("")
def post_ladder() -> Response:
    """Set a rule."""
    viewer, form = current_viewer(), request.form
    viewer.require(ladders.RIGHT)
    try:
        given = form.get("class_id", "")
        if given and not (given.isascii() and given.isdecimal() and len(given) < 19):
            raise InvalidInput("There is no such class.", field="class_id")
        with transaction() as db:
            ladders.put(
                db, viewer, class_id=int(given) if given else None, department=form.get("department"),
                hours=ladders.parse(form.get("hours", "")),
            )  # fmt: skip
    except (InvalidInput, Conflict) as error:
        return make_response(_page(error), 422)
    return redirect("/admin/notices/escalation", 303)


@bp.post("/<int:ladder_id>/remove")
def post_remove(ladder_id: int) -> Response:
    """Take a rule away."""
    viewer = current_viewer()
    with transaction() as db:
        ladders.remove(db, viewer, ladder_id)
    return redirect("/admin/notices/escalation", 303)
