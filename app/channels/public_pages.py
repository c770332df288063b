"""The public page: report without an account, then follow by number and code."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request, session
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.session import public
from app.cases.routes import store
from app.cases.show import moment
from app.cases.words import STATUSES
from app.channels import classes, following, public_report, spots, throttle
from app.channels.following import NoSuchCode
from app.channels.public_report import HONEYPOT, PHOTOS_MAX, ReportIn
from app.channels.words import RATINGS
from app.errors import status_of, wants_json, words_of
from app.web.city import middle
from app.web.named import named
from gis.db import transaction
from gis.errors import CityError, Conflict, Forbidden, InvalidInput, NotFound
from grid.reach import whole_city

bp = Blueprint("report", __name__, url_prefix="/report", template_folder="templates")
DONE, FOLLOWED = "report_done", "followed"  # in the session of this browser
FOLLOWED_MAX = 20
Answer = BaseResponse | tuple[str, int]


@bp.get("")
@public
def show_report() -> str:
    """An empty report."""
    with transaction() as db:
        return _page(db, {}, [])


@bp.post("")
@public
def post_report() -> Answer:
    """Find the place, or send the report."""
    form = request.form
    is_sent = form.get("do") != "look"
    kept: list[str] = form.getlist("photo_keys")
    try:
        with transaction() as db:
            throttle.count(db, request.remote_addr or "", "report" if is_sent else "look")
        with transaction() as db:
            kept = public_report.take_photos(db, _files(), kept, store())
        with transaction() as db:
            if not is_sent:
                return make_response(_page(db, form.to_dict(), kept))
            number, reporter, code = public_report.take(db, _report(form.to_dict(), kept), _form_key())
            _remember(number, reporter.id)
            session[DONE] = [number, code]
    except (InvalidInput, Conflict, NotFound, Forbidden) as error:
        with transaction() as db:
            return _page(db, form.to_dict(), kept, failed=error), status_of(error)
    return redirect("/report/done", 303)


def _files() -> list[bytes]:
    given = [one for one in request.files.getlist("photos") if one.filename]
    if len(given) > PHOTOS_MAX:
        raise InvalidInput("{limit} photos are taken with a report.", limit=PHOTOS_MAX, field="photos")
    return [one.stream.read() for one in given]


def _form_key() -> str:
    return request.form.get("form_key", "")[:64] or secrets.token_hex(16)


def _report(form: dict[str, str], kept: list[str]) -> ReportIn:
    spot = spots.read(form)
    place = {} if spot is None else vars(spot)
    class_id, description = form.get("class_id", ""), form.get("description", "").strip()
    if len(description) > 4000:
        raise InvalidInput("The description is longer than {limit} letters.", limit=4000, field="description")
    return ReportIn(
        class_id=int(class_id) if class_id.isascii() and class_id.isdecimal() and len(class_id) < 10 else None,
        description=description, name=form.get("name", ""), phone=form.get("phone", ""), email=form.get("email", ""),
        wants_reply="wants_reply" in form, photo_keys=kept, into=form.get("into", "").strip()[:40],
        trap=form.get(HONEYPOT, ""), **place,
    )  # fmt: skip


def _page(db: Session, typed: dict[str, str], kept: list[str], *, failed: CityError | None = None) -> str:
    near: list[dict[str, Any]] = []
    try:
        near = _near(db, typed)
    except InvalidInput as error:
        failed = failed or error
    return render_template(
        "channels/report.html", groups=classes.for_public(db), typed=typed, kept=kept, near=near, failed=failed,
        failed_words=words_of(failed) if failed else "", start=middle(db), photos_max=PHOTOS_MAX,
        places=spots.offered(db, whole_city(), typed["address"]) if typed.get("address") else [],
        form_key=typed.get("form_key") or secrets.token_hex(16), honeypot=HONEYPOT,
    )  # fmt: skip


@bp.post("/near")
@public
def post_near() -> str:
    """What was reported near the chosen place, as a part of the page."""
    with transaction() as db:
        throttle.count(db, request.remote_addr or "", "look")
    with transaction() as db:
        return render_template("channels/_near.html", near=_near(db, request.form.to_dict()))


def _near(db: Session, typed: dict[str, str]) -> list[dict[str, Any]]:
    spot = spots.read(typed)
    if spot is None:
        return []
    now = datetime.now(UTC)
    return [
        {"number": row.number, "what": named(row.name_zh, row.name_en),
         "status": STATUSES[row.status], "metres": round(metres), "at": moment(row.reported_at, now),
         "photo": f"/open311/v2/media/{row.photo_key}.jpg" if row.photo_key else None}
        for row, metres in public_report.near(db, spot.lon, spot.lat, now)
    ]  # fmt: skip


@bp.get("/done")
@public
def show_done() -> Answer:
    """Number and code of what was just sent; nothing to see for anybody else."""
    told = session.get(DONE)
    if not told:
        return redirect("/report", 303)
    answer = make_response(render_template("channels/done.html", number=told[0], code=_parted(told[1])))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _parted(code: str) -> str:
    return f"{code[:5]}-{code[5:]}"


@bp.get("/follow")
@public
def show_follow() -> str:
    """Number and code."""
    return _follow(request.args.get("number", "")[:40])


def _follow(number: str, failed: CityError | None = None) -> str:
    return render_template(
        "channels/follow.html", number=number, mine=list(session.get(FOLLOWED, {})),
        failed_words=words_of(failed) if failed else "",
    )  # fmt: skip


@bp.post("/follow")
@public
def post_follow() -> Answer:
    """Open a case by its code."""
    number = request.form.get("number", "").strip()[:40]
    try:
        with transaction() as db:
            throttle.count(db, request.remote_addr or "", "follow")
        with transaction() as db:
            found = following.open_by_code(db, number, request.form.get("code", "")[:40])
            _remember(number, found.id)
    except (NotFound, Forbidden) as error:
        return _follow(number, error), status_of(error)
    return redirect(f"/report/cases/{number}", 303)


def _remember(number: str, reporter_id: int) -> None:
    known = dict(session.get(FOLLOWED, {})) | {number: reporter_id}
    session[FOLLOWED] = dict(list(known.items())[-FOLLOWED_MAX:])


@bp.post("/forget")
@public
def post_forget() -> BaseResponse:
    """Leave no trace on a browser that others use."""
    for name in (DONE, FOLLOWED):
        session.pop(name, None)
    return redirect("/report", 303)


@bp.get("/cases/<number>")
@public
def show_case(number: str) -> Answer:
    """How a case stands, for who gave its code in this browser."""
    try:
        with transaction() as db:
            return make_response(_case(db, number))
    except NoSuchCode as error:
        return _unknown(number, error)


def _case(db: Session, number: str, failed: CityError | None = None) -> str:
    now = datetime.now(UTC)
    told = following.followed(db, _mine(number), number)
    row = told.row
    return render_template(
        "channels/case.html", number=number, told=told, what=named(row.name_zh, row.name_en),
        status=STATUSES[row.status], where=named(row.address_zh, row.address_en),
        main=row.main_number if row.is_merged else "", is_last=row.status.value, department=row.department,
        reported=moment(row.reported_at, now), due=moment(row.due_at, now), closed=moment(row.closed_at, now),
        steps=[{"at": moment(at, now), "words": STATUSES[status]} for at, status in told.updates],
        photos=[f"/open311/v2/media/{key}.jpg" for key in told.photo_keys], ratings=RATINGS,
        own=following.OWN_RATINGS, failed=failed, failed_words=words_of(failed) if failed else "", typed=request.form,
    )  # fmt: skip


def _unknown(number: str, error: NoSuchCode) -> Answer:
    if wants_json():
        raise error
    return _follow(number[:40], error), 404


def _mine(number: str) -> int:
    reporter_id = session.get(FOLLOWED, {}).get(number)
    if not isinstance(reporter_id, int):
        raise NoSuchCode("Give number and code again.")
    return reporter_id


@bp.post("/cases/<number>/rating")
@public
def post_rating(number: str) -> Answer:
    """How content the reporter is, and whether the case is to be taken up again."""
    form = request.form
    try:
        with transaction() as db:
            if form.get("do") == "reopen":
                following.ask_to_reopen(db, _mine(number), number, form.get("note", "")[:4000])
            else:
                following.rate(db, _mine(number), number, form.get("rating", ""), form.get("comment", "")[:4000])
    except NoSuchCode as error:
        return _unknown(number, error)
    except (InvalidInput, Conflict) as error:
        with transaction() as db:
            return _case(db, number, error), status_of(error)
    return redirect(f"/report/cases/{number}", 303)
