"""Outside applications as administrators manage them."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.accounts.session import current_viewer
from app.errors import words_of
from app.open311 import applications, services
from gis.db import transaction
from gis.errors import CityError, Conflict, InvalidInput

bp = Blueprint("open311_admin", __name__, url_prefix="/admin/open311", template_folder="templates")


@bp.get("")
def list_applications() -> str:
    """All applications, and a form for a new one."""
    current_viewer().require("accounts.manage")
    return _page({"name": "", "contact": "", "per_minute": str(applications.PER_MINUTE)})


def _page(form: dict[str, str], error: CityError | None = None) -> str:
    problem = {"field": error.field, "words": words_of(error)} if error else None
    with transaction() as db:
        found = applications.list_all(db)
        offered = services.all_services(db, public_only=False)
    return render_template(
        "open311/applications.html", applications=found, services=offered, form=form, problem=problem
    )


@bp.post("")
def post_application() -> ResponseReturnValue:
    """Make an application; its key is shown once."""
    viewer = current_viewer()
    form = {name: request.form.get(name, "") for name in ("name", "contact", "per_minute")}
    try:
        if not (form["per_minute"].isascii() and form["per_minute"].isdecimal()):
            raise InvalidInput("Give a whole number.", field="per_minute")
        with transaction() as db:
            key, made = applications.make(
                db, viewer, form["name"], contact=form["contact"], per_minute=int(form["per_minute"][:9])
            )
    except (InvalidInput, Conflict) as error:
        return make_response(_page(form, error), 422)
    answer = make_response(render_template("open311/key.html", application=made, key=key), 201)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/<int:application_id>/end")
def post_end(application_id: int) -> ResponseReturnValue:
    """End an application's key."""
    viewer = current_viewer()
    with transaction() as db:
        applications.end(db, viewer, applications.get(db, application_id))
    return redirect("/admin/open311", 303)
