"""Answers of Open311: in the form that the path ends with, also for every error; readable from any web page by GET."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app.errors import unknown, words_of
from app.maps.answers import conditional
from app.open311.errors import Several, TooMany, status_of
from app.open311.formats import FORMATS, write
from gis.errors import CityError

READ = ("GET", "HEAD", "OPTIONS")
CODE = "X-Error-Code"  # our own stable name of an error: the list holds only what the standard knows
EXPOSED = f"ETag, Link, Retry-After, {CODE}"


def form_asked() -> str:
    """``xml`` or ``json``: by the ending of the path; without one as the caller accepts; XML otherwise."""
    for form in FORMATS:
        if request.path.endswith(f".{form}"):
            return form
    best = request.accept_mimetypes.best_match(["text/xml", "application/xml", "application/json"])
    return "json" if best == "application/json" else "xml"


def answer(root: str, told: Any, status: int = 200) -> Response:
    """An answer; one that may be read again carries an ETag and is packed."""
    form = form_asked()
    body = write(root, told, form)
    if status == 200:
        made = conditional(body, FORMATS[form])
        made.headers["Vary"] = "Accept, Accept-Encoding, Accept-Language, Cookie"
        return made
    return Response(body, status, content_type=FORMATS[form])


def from_error(error: CityError) -> Response:
    """All that is wrong, as the standard's list; the status is that of the first."""
    wrong = error.errors if isinstance(error, Several) else (error,)
    statuses = [status_of(one) for one in wrong]
    told = [{"code": code, "description": words_of(one)} for code, one in zip(statuses, wrong, strict=True)]
    made = answer("errors", told, statuses[0])
    made.headers[CODE] = ", ".join(one.code for one in wrong)
    if isinstance(error, TooMany):
        made.headers["Retry-After"] = str(error.retry_after_s)
    return made


def from_http(error: HTTPException) -> Response:
    """Errors that the framework raises itself."""
    status = error.code or 500
    words = {
        404: _("There is nothing at this address."),
        405: _("This address does not take {method}.").format(method=request.method),
        413: _("The report is too large."),
    }
    made = answer("errors", [{"code": status, "description": words.get(status, error.description)}], status)
    made.headers[CODE] = f"http_{status}"
    if allowed := getattr(error, "valid_methods", None):
        made.headers["Allow"] = ", ".join(allowed)
    return made


def from_away(_error: Exception) -> Response:
    """The database does not answer."""
    made = answer("errors", [{"code": 503, "description": _("The database does not answer.")}], 503)
    made.headers["Retry-After"] = "30"
    return made


def from_unforeseen(error: Exception) -> Response:
    """Whatever nobody foresaw: logged under a number that the caller is given."""
    problem = unknown(error)
    return answer("errors", [{"code": problem.status, "description": problem.detail}], problem.status)


def open_to_pages(made: Response) -> Response:
    """Pages of any site may read what needs no key. A key is no secret in a page, so POST is not opened to them."""
    if request.method in READ:
        made.headers["Access-Control-Allow-Origin"] = "*"
        made.headers["Access-Control-Expose-Headers"] = EXPOSED
    if request.method == "OPTIONS":
        made.headers["Access-Control-Allow-Methods"] = ", ".join(READ)
        made.headers["Access-Control-Allow-Headers"] = "Accept, Accept-Language, If-None-Match"
        made.headers["Access-Control-Max-Age"] = "86400"
    return made


HANDLERS: tuple[tuple[type[Exception], Any], ...] = (
    (CityError, from_error),
    (HTTPException, from_http),
    (OperationalError, from_away),
    (PoolTimeout, from_away),
    (Exception, from_unforeseen),
)
