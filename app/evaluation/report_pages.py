"""The page of scheduled reports: what was made, setting one up, stopping it."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, redirect, render_template, request, send_file
from pydantic import ValidationError
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.rights import role_name
from app.accounts.session import current_viewer
from app.evaluation import asked as asking
from app.evaluation import pages, report_making, reports
from app.evaluation.reports import ReportIn
from app.web.assembly import Assembly
from gis.db import transaction
from gis.errors import InvalidInput, NotFound

bp = Blueprint("evaluation_reports", __name__)
LISTS = ("indicators", "roles")


@bp.get("/evaluation/reports")
def show_reports() -> str:
    """The reports that are for the reader; who sets them up finds the form below."""
    viewer, given = current_viewer(), pages.args()
    with transaction() as db:
        asked = pages.question(db, viewer, {})
        found = reports.readable(db, viewer)
        context = pages.frame(db, viewer, asked, given, "reports")
    return render_template(
        "evaluation/reports.html", found=found, every=reports.EVERY,
        readers=[(one, role_name(one)) for one in reports.READERS], **context,
    )  # fmt: skip


@bp.post("/evaluation/reports")
def post_report() -> BaseResponse:
    """Set a report up; its first files, of the last whole period, are made at once."""
    viewer, form = current_viewer(), request.form
    told = {name: form.get(name, "") for name in ("name", "every", "by", "level", "area", "language")}
    try:
        given = ReportIn.model_validate(told | {name: form.getlist(name) for name in LISTS})
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        raise InvalidInput(
            "{value} is not a value of {name}.", value=told.get(field, ""), name=field, field=field
        ) from error
    with transaction() as db:
        report = reports.create(db, viewer, given)
        asked = asking.read(db, viewer, period=given.every)
        city: Assembly = current_app.extensions["city"]
        report_making.make(db, city.web, viewer, report, asked.period.before(), reports.folder(city.settings))
    return redirect("/evaluation/reports", 303)


@bp.post("/evaluation/reports/<int:report_id>/stop")
def post_stop(report_id: int) -> BaseResponse:
    """No more of this report."""
    with transaction() as db:
        reports.stop(db, current_viewer(), report_id)
    return redirect("/evaluation/reports", 303)


@bp.get("/evaluation/reports/<key>.<any(pdf, xlsx):kind>")
def get_file(key: str, kind: str) -> Response:
    """One file, for whom the report is made."""
    with transaction() as db:
        report, file = reports.open_file(db, current_viewer(), key)
        name = f"{report.name} {file.period}.{kind}"
        found = file.key
    city: Assembly = current_app.extensions["city"]
    path = reports.folder(city.settings) / f"{found}.{kind}"
    if not path.is_file():
        raise NotFound("There is no such report.")
    return send_file(path, mimetype=reports.KINDS[kind], as_attachment=True, download_name=name)
