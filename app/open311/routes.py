"""The addresses of GeoReport v2: parse, call, answer in the form that the path ends with."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, request, send_file
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from app.accounts.session import public
from app.cases import public as open_cases
from app.cases.photos import PhotoStore
from app.open311 import applications, discovery, filing, requests, services
from app.open311.answers import HANDLERS, answer, open_to_pages
from app.open311.arguments import CONTROL, Arguments
from app.open311.errors import BadArgument, NoJurisdiction
from app.web.assembly import Assembly
from app.web.city import city_facts
from gis.db import transaction
from gis.errors import InvalidInput

bp = Blueprint("open311", __name__, url_prefix="/open311", template_folder="templates")
KEY_HEADER, KEY_MAX = "Idempotency-Key", 200
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
FILES_MAX = 12
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
View = Callable[..., Response]


def get(*paths: str) -> Callable[[View], View]:
    """A public view at these paths, each with and without the ending that names the form."""

    def register(view: View) -> View:
        @public
        @wraps(view)
        def shown(form: str | None = None, **given: Any) -> Response:
            _check_jurisdiction(request.args.get("jurisdiction_id", ""))
            if any(CONTROL.search(part) for part in given.values()):
                raise NotFound
            return view(**given)

        for path in paths:
            for rule in (path, *([] if path.endswith("/") else [f"{path}.<any(xml,json):form>"])):
                bp.add_url_rule(rule, view.__name__, shown, methods=["GET"], provide_automatic_options=False)
        return shown

    return register


def _check_jurisdiction(given: str) -> None:
    """This server speaks for one city: its id may be left out, another one is not found."""
    if given.strip() and given.strip().lower() != city_facts().profile.lower():
        told = given.strip()[:80]
        raise NoJurisdiction("The jurisdiction_id {id} is not served here.", field="jurisdiction_id", id=told)


def _zone() -> ZoneInfo:
    return ZoneInfo(city_facts().time_zone)


@get("/discovery", "/v2/discovery", "/", "/v2/")
def get_discovery() -> Response:
    """Which endpoints there are and whom to ask."""
    with transaction() as db:
        return answer("discovery", discovery.told(db))


@get("/v2/services")
def get_services() -> Response:
    """What can be reported."""
    with transaction() as db:
        return answer("services", [one.told() for one in services.all_services(db)])


@get("/v2/services/<string:service_code>")
def get_service(service_code: str) -> Response:
    """What a report of one service is asked besides its place."""
    with transaction() as db:
        return answer("service_definition", services.definition(db, services.find(db, service_code)))


@get("/v2/requests")
def get_requests() -> Response:
    """Service requests, newest first; the next page stands in the Link header."""
    now, zone = datetime.now(UTC), _zone()
    with transaction() as db:
        asked = requests.read(db, Arguments(request.args), zone, now)
        found = requests.find(db, asked, zone, now)
        told = answer("service_requests", found.items)
    if found.cursor:
        given = [(name, value) for name, value in request.args.items(multi=True) if name not in ("cursor", "page")]
        query = urlencode([*given, ("cursor", found.cursor)])
        told.headers["Link"] = f'<{request.base_url}?{query}>; rel="next"'
    return told


@get("/v2/requests/<string:service_request_id>", "/v2/request/<string:service_request_id>")
def get_request(service_request_id: str) -> Response:
    """One service request."""
    is_extended = Arguments(request.args).flag("extensions")
    with transaction() as db:
        return answer("service_requests", requests.get_one(db, service_request_id, _zone(), is_extended=is_extended))


@get("/v2/tokens/<string:token>")
def get_token(token: str) -> Response:
    """The service request that a token stands for."""
    with transaction() as db:
        return answer("service_requests", requests.by_token(db, token))


@bp.post("/v2/requests.<any(xml,json):form>", provide_automatic_options=False)
@bp.post("/v2/requests", provide_automatic_options=False)
@public
def post_request(form: str | None = None) -> Response:
    """Take in a report: a form, with photos as files if there are any."""
    if request.mimetype not in FORMS:
        raise BadArgument("Send a form: application/x-www-form-urlencoded or multipart/form-data.", field="body")
    with transaction() as db:
        caller = applications.enter(db, request.form.get("api_key") or request.args.get("api_key"))
    _check_jurisdiction(request.form.get("jurisdiction_id", ""))
    key, files = _idempotency_key(), _files()
    with transaction() as db:
        received = filing.receive(db, caller, request.form, files, _store(), key)
    told = {"service_request_id": received.number} if received.number else {"token": received.token}
    made = answer("service_requests", [told | {"service_notice": _("Received. The city looks at it.")}], status=201)
    if received.is_repeated:
        made.headers["Idempotency-Replayed"] = "true"
    return made


def _idempotency_key() -> str | None:
    key = request.headers.get(KEY_HEADER)
    if key is not None and not 1 <= len(key) <= KEY_MAX:
        raise InvalidInput("An idempotency key has 1 to {count} characters.", field=KEY_HEADER, count=KEY_MAX)
    return key


def _files() -> list[bytes]:
    """The uploaded photos, whatever their fields are called; an empty file field counts as none."""
    files = [data for _name, one in request.files.items(multi=True) if (data := one.stream.read())]
    if len(files) > FILES_MAX:
        raise BadArgument("{limit} photos are taken at a time.", field="media", limit=FILES_MAX)
    return files


def _store() -> PhotoStore:
    city: Assembly = current_app.extensions["city"]
    return PhotoStore.of(city.settings)


@bp.get("/v2/media/<string:key>.jpg", provide_automatic_options=False)
@public
def get_media(key: str) -> Response:
    """A public photo of a report."""
    with transaction() as db:
        open_cases.check_photo(db, key, closed_classes=services.closed_classes())
    shown = send_file(_store().find(key), mimetype="image/jpeg", conditional=True, max_age=3600)
    shown.headers["Cache-Control"] = "public, max-age=3600"
    return shown


@bp.route("/", methods=["OPTIONS"], provide_automatic_options=False)
@bp.route("/<path:rest>", methods=METHODS, provide_automatic_options=False)
@public
def nothing_here(rest: str = "") -> Response:
    """Whatever no other view takes: what an address allows, or an error in the form that the others speak."""
    allowed = _allowed()
    if not allowed:
        raise NotFound
    if request.method != "OPTIONS":
        raise MethodNotAllowed(allowed)
    told = Response(status=204)
    told.headers["Allow"] = ", ".join([*allowed, "OPTIONS"])
    return told


def _allowed() -> list[str]:
    """The methods that other views take at the address of this request."""
    adapter = current_app.url_map.bind_to_environ(request.environ)
    allowed = []
    for method in ("GET", "HEAD", "POST"):
        with suppress(HTTPException):
            if adapter.match(method=method)[0] != "open311.nothing_here":
                allowed.append(method)
    return allowed


bp.after_request(open_to_pages)
for _family, _handler in HANDLERS:
    bp.register_error_handler(_family, _handler)
