"""The only place that turns the error families into HTTP: problem+json for programs, a page for people."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import psycopg
from flask import Flask, Response, jsonify, make_response, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from pydantic import ValidationError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app.accounts.errors import TooManyTries, Unauthenticated
from app.accounts.rights import RIGHTS
from app.accounts.session import assume_nobody, has_bearer
from app.web.reasons import reason_of
from gis.errors import CityError, Conflict, Forbidden, InvalidInput, NotFound, Unavailable
from layers.layer import Words

log = logging.getLogger(__name__)

PROGRAMS = ("/api/", "/tiles/", "/live", "/ogc/", "/open311/", "/transfer/v1/", "/i18n/", "/photos/")
# Followed from a page, or fetched by a program: who reads HTML is told in HTML.
FILES = ("/layers/", "/static/", "/metrics", "/healthz", "/readyz")
STATUS: tuple[tuple[type[CityError], int], ...] = (
    (TooManyTries, 429),
    (Unauthenticated, 401),
    (InvalidInput, 422),
    (Forbidden, 403),
    (NotFound, 404),
    (Conflict, 409),
    (Unavailable, 503),
)
TITLES: dict[int, Words] = {
    400: _l("The request can't be read"),
    401: _l("Please log in"),
    403: _l("This is not yours to see or do"),
    404: _l("There is nothing here"),
    405: _l("This can't be done here"),
    409: _l("Someone was here before you"),
    413: _l("The file is too large"),
    415: _l("This kind of file is not taken"),
    422: _l("Something in what you gave is not right"),
    429: _l("Too many requests"),
    500: _l("Something went wrong on our side"),
    503: _l("A part of the platform does not answer"),
}
NEXT: dict[int, Words] = {
    400: _l("Go back, load the page again, and try once more."),
    401: _l("Your login may have ended. Log in and you will come back to this page."),
    403: _l("If your work needs it, ask an administrator for the right or the area."),
    404: _l("The address may be mistyped, or the record lies outside the areas you see. Search for it above."),
    409: _l("Load the record again, look at what changed, and repeat your act if it still makes sense."),
    413: _l("Make the file smaller and send it again."),
    422: _l("Go back and mend the field that is named. What you typed is still there."),
    429: _l("Wait a few minutes and try again."),
    500: _l("Nothing of what you did was saved. Try again; if it happens twice, give the operator the number below."),
    503: _l("Wait a minute and try again. What was saved before is safe."),
}


@dataclass(frozen=True)
class Problem:
    """What is told about one error."""

    status: int
    code: str
    detail: str
    field: str | None = None
    trace: str | None = None

    @property
    def title(self) -> str:
        """The family in a few words of the reader's language."""
        return str(TITLES.get(self.status, TITLES[400 if self.status < 500 else 500]))

    @property
    def next_act(self) -> str:
        """What to do now."""
        return str(NEXT.get(self.status, NEXT[400 if self.status < 500 else 500]))

    def to_dict(self) -> dict[str, Any]:
        """RFC 9457 members, with our stable `code`."""
        told = {
            "type": f"urn:citygrid:problem:{self.code}", "title": self.title, "status": self.status,
            "detail": self.detail, "code": self.code, "field": self.field, "trace": self.trace,
        }  # fmt: skip
        return {name: value for name, value in told.items() if value is not None}


def words_of(error: CityError) -> str:
    """An error's message in the reader's language, places filled in."""
    template = str(_(error.template))
    places = dict(error.places)
    right = str(places.get("right", ""))
    if right in RIGHTS:  # people know what they may do by its words, not by its name
        places["right"] = RIGHTS[right]
    return template.format(**places) if places else template


def status_of(error: CityError) -> int:
    """The HTTP status of an error's family, for pages that answer it themselves."""
    return next((status for family, status in STATUS if isinstance(error, family)), 500)


def problem_of(error: CityError) -> Problem:
    """The problem that an error of ours is told as."""
    if isinstance(error, Unavailable):
        assume_nobody()
    status = next((status for family, status in STATUS if isinstance(error, family)), 500)
    return Problem(status, error.code, words_of(error), error.field)


def wants_json() -> bool:
    """Whether a program asks, not a person's browser going to a page."""
    if request.path.startswith(PROGRAMS) or request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return True
    reads_html = "text/html" in request.headers.get("Accept", "")
    if has_bearer() or (request.path.startswith(FILES) and not reads_html):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"])
    return best is not None and best != "text/html" and not reads_html


def answer(problem: Problem) -> Response:
    """The HTTP answer for a problem, in the form that the asker reads."""
    if wants_json():
        told = jsonify(problem.to_dict())
        told.mimetype = "application/problem+json"
    elif problem.status == 401 and problem.code == Unauthenticated.code and request.method == "GET":
        target = request.full_path.rstrip("?")
        return make_response(redirect(f"/login?next={quote(target, safe='/')}" if target != "/" else "/login"))
    else:
        told = make_response(render_template("web/error.html", problem=problem))
    told.status_code = problem.status
    if problem.status == 401:
        told.headers["WWW-Authenticate"] = 'Bearer realm="CityGrid"'
    if problem.status == 503:
        told.headers["Retry-After"] = "30"
    return told


def field_problem(error: ValidationError) -> Problem:
    """A body or query that does not fit its model: the first field that is wrong, and why."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or None
    reason = reason_of(first)
    return Problem(422, "invalid_input", f"{field}: {reason}" if field else reason, field)


def from_validation(error: ValidationError) -> Response:
    """What flask-openapi3 calls when a request does not fit."""
    return answer(field_problem(error))


def from_integrity(error: IntegrityError) -> Problem:
    """A row that the database refused."""
    diagnosis = getattr(error.orig, "diag", None)
    constraint = getattr(diagnosis, "constraint_name", None) or ""
    if constraint == "located_inside_cell":
        return Problem(422, "grid.misplaced", _("The record does not lie in its unit cell."), "geom")
    if getattr(error.orig, "sqlstate", "") == "23505":
        return Problem(409, "conflict", _("There is already a record like this one."))
    if getattr(error.orig, "sqlstate", "") in ("23503", "23502", "23514"):
        log.warning("the database refused a row: %s", constraint)
        return Problem(422, "invalid_input", _("The record does not fit the others it names."))
    return unknown(error)


def from_data(error: Exception) -> Problem:
    """A value that no column can hold: a number beyond its range, or the sign NUL in a text."""
    log.warning("the database could not take a value at %s", request.url_rule)
    return Problem(422, "invalid_input", _("A number is too large, or a text holds a sign that can't be kept."))


def unknown(error: BaseException) -> Problem:
    """Something that nobody foresaw: logged under a number that the reader is given."""
    assume_nobody()
    trace = secrets.token_hex(4)
    log.error("unforeseen error %s at %s %s", trace, request.method, request.url_rule, exc_info=error)
    detail = _("An error that nobody foresaw. Its number is {trace}.").format(trace=trace)
    return Problem(500, "internal", detail, None, trace)


def from_http(error: HTTPException) -> Response:
    """Errors that the framework raises itself."""
    if error.response is not None:
        return make_response(error.response)
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    codes = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "wrong_type"}
    told = answer(Problem(status, codes.get(status, "http"), str(NEXT.get(status, TITLES.get(status, error.name)))))
    if status == 405:
        told.headers["Allow"] = ", ".join(getattr(error, "valid_methods", None) or ())
    return told


def from_csrf(_error: CSRFError) -> Response:
    """A form or script without the session's token."""
    return answer(Problem(403, "csrf", _("The form was open too long or came from another site. Load the page again.")))


def install(web: Flask) -> None:
    """Register the handlers."""
    web.register_error_handler(CityError, lambda error: answer(problem_of(error)))
    web.register_error_handler(ValidationError, from_validation)
    web.register_error_handler(CSRFError, from_csrf)
    web.register_error_handler(IntegrityError, lambda error: answer(from_integrity(error)))
    web.register_error_handler(HTTPException, from_http)
    for unfit in (DataError, psycopg.DataError):
        web.register_error_handler(unfit, lambda error: answer(from_data(error)))
    for away in (OperationalError, PoolTimeout):
        web.register_error_handler(away, _database_away)
    web.register_error_handler(Exception, lambda error: answer(unknown(error)))


def _database_away(error: Exception) -> Response:
    assume_nobody()
    log.error("the database does not answer: %s", error)
    return answer(Problem(503, "unavailable", _("The database does not answer.")))


__all__ = ["Problem", "answer", "from_validation", "install", "problem_of", "words_of"]
