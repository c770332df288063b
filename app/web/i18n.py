"""Languages: every slice's catalogue merged at start; locale and time zone of a request.

A slice keeps ``app/<slice>/translations/zh/LC_MESSAGES/messages.po``. They are compiled in memory: no build step.
"""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Blueprint, Flask, Response, jsonify, request, session
from flask_babel import Babel, Domain, get_locale

from app.accounts.session import person, public
from app.settings import PROJECT, Settings
from app.web.city import city_facts
from app.web.dates import DateFormats

LANGUAGES = ("zh", "en")
bp = Blueprint("i18n", __name__)


def catalogue_files() -> list[Path]:
    """All slices' Chinese catalogues, in a fixed order."""
    return sorted((PROJECT / "app").glob("*/translations/zh/LC_MESSAGES/messages.po"))


def merged_catalogue(files: tuple[Path, ...]) -> Catalog:
    """One catalogue from many; where two translate the same text, the first one stands."""
    whole = Catalog(locale="zh")
    for file in files:
        with file.open("rb") as stream:
            for message in read_po(stream, locale="zh"):
                if message.id and message.string and message.id not in whole:
                    whole.add(message.id, message.string, flags=message.flags, context=message.context)
    return whole


@cache
def _translations(files: tuple[tuple[Path, int], ...]) -> tuple[Translations, dict[str, object]]:
    whole = merged_catalogue(tuple(file for file, _ in files))
    compiled = io.BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    words: dict[str, object] = {}
    for message in whole:
        if message.id:
            is_plural = isinstance(message.id, tuple)
            key = message.id[0] if is_plural else str(message.id)
            words[key] = list(message.string or ()) if is_plural else message.string
    return Translations(compiled), words


def _loaded() -> tuple[Translations, dict[str, object]]:
    return _translations(tuple((file, file.stat().st_mtime_ns) for file in catalogue_files()))


class MergedDomain(Domain):  # type: ignore[misc]  # Flask-Babel has no types
    """All slices' words as one domain."""

    def __init__(self) -> None:
        super().__init__()
        self.zh = _loaded()[0]
        self.none = NullTranslations()

    def get_translations(self) -> NullTranslations:
        """The texts of the request's language; English stands in the code itself."""
        locale = get_locale()
        return self.zh if locale is not None and locale.language == "zh" else self.none


def pick_locale(settings: Settings) -> str:
    """``?lang=``, then the choice of this session, the account, the operator, the city; Chinese otherwise."""
    someone = person()
    choices = (
        request.args.get("lang"),
        session.get("language"),
        someone.language if someone else None,
        settings.language,
        city_facts().language,
    )
    return next((choice for choice in choices if choice in LANGUAGES), "zh")


def keep_named_language() -> None:
    """A page opened with ``?lang=`` sets the session's language, so that what its scripts ask for agrees with it."""
    named = request.args.get("lang")
    is_page = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
    if is_page and named in LANGUAGES and session.get("language") != named:
        session["language"] = named


def install(web: Flask, settings: Settings) -> None:
    """Give the application its words, locale and the city's time zone."""
    babel = Babel(date_formats=DateFormats())
    babel.init_app(web, locale_selector=lambda: pick_locale(settings), timezone_selector=lambda: city_facts().time_zone)
    babel.__dict__["domain_instance"] = MergedDomain()
    web.before_request(keep_named_language)
    web.register_blueprint(bp)


def words_url() -> str:
    """Where scripts get the Chinese words; the mark changes whenever a catalogue does."""
    newest = max((file.stat().st_mtime_ns for file in catalogue_files()), default=0)
    return f"/i18n/zh.json?v={newest // 1_000_000:x}"


@bp.get("/i18n/zh.json")
@public
def get_words() -> Response:
    """The Chinese words for scripts: text → text, or text → [plural forms]."""
    answer = jsonify(_loaded()[1])
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if request.args.get("v") else "no-cache"
    answer.add_etag()
    answer.make_conditional(request)
    return answer
