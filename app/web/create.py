"""The web application, put together from the shell and every domain."""

from __future__ import annotations

import importlib
from typing import Any

from flask import Response, request
from flask.json.provider import DefaultJSONProvider
from flask_babel import get_locale
from flask_openapi3 import Info, OpenAPI
from sqlalchemy import Connection, Engine

import app.accounts.session
import app.errors
import app.web.i18n
from app.accounts.rights import role_name
from app.accounts.session import guard, person
from app.settings import PROJECT, Settings
from app.web import admin, health, metrics, openapi, pages, security
from app.web.assembly import DOMAINS, Assembly
from app.web.city import city_facts, department_name
from app.web.i18n import words_url
from app.web.importmap import import_map
from app.web.links import asset, merge_query
from app.web.navigation import level_name, rail_for
from gis import db as database
from layers.layer import Registry

VERSION = "0.1.0"
YEAR_S = 365 * 24 * 3600


class Json(DefaultJSONProvider):
    """JSON that people can read, in the order it was made; what is nested beyond reason is refused as broken."""

    ensure_ascii = False
    sort_keys = False

    def loads(self, s: str | bytes, **given: Any) -> Any:
        """A value from its text; ValueError for what is none."""
        try:
            return super().loads(s, **given)
        except RecursionError as error:
            raise ValueError("nested too deep") from error


def create_app(settings: Settings, *, engine: Engine | Connection | None = None) -> OpenAPI:
    """The application. `engine` is bound for this process; with None the present binding is left alone.

    No connection is opened here, so it may be made before a server forks its workers.
    """
    if engine is not None:
        database.bind(engine)
    openapi.keep_schemas()
    web = OpenAPI(
        "app.web.create",
        info=Info(title="CityGrid", version=VERSION),
        security_schemes={"bearer": {"type": "http", "scheme": "bearer"}},
        doc_ui=False,
        validation_error_callback=app.errors.from_validation,
        static_folder=str(PROJECT / "static"),
        template_folder="templates",
    )
    web.secret_key = security.session_key(settings.home)
    web.json = Json(web)
    metrics.install(web)
    app.accounts.session.install(web)
    app.errors.install(web)
    app.web.i18n.install(web, settings)
    web.before_request(guard)  # who nobody knows is told to log in, before any talk of forms
    security.install(web, settings)
    web.jinja_env.filters["merge_query"] = merge_query
    web.after_request(_cache_static)
    web.context_processor(_page_words)
    for blueprint in (pages.bp, health.bp, openapi.bp, admin.bp):
        web.register_blueprint(blueprint)
    city = Assembly(settings, web, Registry())
    web.extensions["city"] = city
    for domain in DOMAINS:
        importlib.import_module(f"app.{domain}.setup").init(city)
    return web


def _page_words() -> dict[str, Any]:
    return {
        "city": city_facts(), "me": person(), "asset": asset, "import_map": import_map, "rail": rail_for,
        "role_name": role_name, "words_url": words_url, "level_name": level_name, "get_locale": get_locale,
        "department_name": department_name,
    }  # fmt: skip


def _cache_static(answer: Response) -> Response:
    """Marked files stay for good, libraries for a day, our own modules are asked after each time (ETag)."""
    if request.endpoint == "static" and answer.status_code in (200, 304):
        if request.args.get("v"):
            answer.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
        elif request.path.startswith("/static/vendor/"):
            answer.headers["Cache-Control"] = "public, max-age=86400"
        else:
            answer.headers["Cache-Control"] = "public, no-cache"
    return answer
