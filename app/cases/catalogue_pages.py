"""The pages of catalogues: schemes and versions, classes, conditions, rules for doubles, mapping tables, files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, make_response, redirect, render_template, request, send_file
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.accounts.session import current_viewer
from app.cases import catalogue, catalogue_files, cataloguing, class_maps, conditions, double_rules
from app.cases.double_rules import Rule
from app.cases.models import CaseClass, CatalogueScheme
from app.cases.numbers import city_zone
from app.cases.tables import MEDIA, BadTable
from app.cases.words import KINDS
from app.clocks.limits import parse_limit
from app.clocks.words import limit_words
from app.errors import status_of, words_of
from app.web.city import DepartmentNames
from app.web.named import named
from gis.db import transaction
from gis.errors import CityError, Conflict, InvalidInput, NotFound
from grid.reach import Viewer

bp = Blueprint("catalogue", __name__, url_prefix="/admin/catalogue", template_folder="templates")
WORDS: dict[str, Any] = {"named": named, "KINDS": {one.value: words for one, words in KINDS.items()}}
Change = Callable[[Session, Viewer], Any]


def _editor() -> Viewer:
    viewer = current_viewer()
    viewer.require(cataloguing.RIGHT)
    return viewer


def _told(error: CityError | None) -> dict[str, Any] | None:
    """What is wrong, for a template; of a file every line."""
    if error is None:
        return None
    lines = error.wrong if isinstance(error, BadTable) else ()
    return {"words": words_of(error), "field": error.field, "form": request.form.get("form", ""),
            "lines": [(line, words_of(one)) for line, one in lines]}  # fmt: skip


def _change(change: Change, back: str, page: Callable[[CityError], str]) -> Response:
    """Do one change and go back; a refusal is told on the page, nothing typed is lost."""
    viewer = _editor()
    try:
        with transaction() as db:
            change(db, viewer)
    except (InvalidInput, Conflict) as error:
        return make_response(page(error), status_of(error))
    return redirect(back, 303)


@bp.get("")
def list_schemes() -> str:
    """All schemes with their versions, the mapping tables between them, and the city's rule for doubles."""
    _editor()
    return _schemes_page(None)


def _schemes_page(error: CityError | None) -> str:
    with transaction() as db:
        order = (CatalogueScheme.is_active.desc(), CatalogueScheme.name, CatalogueScheme.id.desc())
        schemes = list(db.scalars(select(CatalogueScheme).order_by(*order)))
        return render_template(
            "cases/catalogue/schemes.html", schemes=schemes, by_id={one.id: one for one in schemes}, **WORDS,
            maps=[(it, len(class_maps.rows(db, it)), len(class_maps.gaps(db, it))) for it in class_maps.all_maps(db)],
            rule=double_rules.rule_of(db, None), own_rule=double_rules.own_rule(db, None),
            rules=double_rules.history(db, None), problem=_told(error), typed=request.form,
        )  # fmt: skip


@bp.post("/schemes")
def post_scheme() -> Response:
    """A new scheme, or a new version of one."""
    form = request.form

    def change(db: Session, viewer: Viewer) -> None:
        copied = form.get("copy_of", "")
        titles = form.get("title_zh", ""), form.get("title_en", "")
        cataloguing.new_version(
            db, viewer, form.get("name", ""), form.get("version", ""), titles, form.get("note", ""),
            copy_of=int(copied) if copied.isdecimal() and len(copied) < 18 else None,
        )  # fmt: skip

    return _change(change, "/admin/catalogue", _schemes_page)


@bp.post("/doubles")
def post_city_rule() -> Response:
    """The city's own default rule for doubles."""
    return _change(lambda db, viewer: _set_rule(db, viewer, None), "/admin/catalogue", _schemes_page)


def _set_rule(db: Session, viewer: Viewer, class_id: int | None) -> None:
    form = request.form
    rule = None
    if form.get("how") != "inherit":
        numbers = {name: catalogue_files.number(form.get(name, ""), name) or 0.0
                   for name in ("radius_m", "hours", *(f"weight_{one}" for one in double_rules.WEIGHTS))}  # fmt: skip
        weights = {one: numbers[f"weight_{one}"] for one in double_rules.WEIGHTS}
        rule = Rule(numbers["radius_m"], numbers["hours"], weights)
    double_rules.set_rule(db, viewer, class_id, rule, form.get("note", ""))


@bp.get("/<int:scheme_id>")
def show_scheme(scheme_id: int) -> str:
    """A scheme's classes, its files and its history."""
    _editor()
    return _scheme_page(scheme_id, None)


def _scheme_page(scheme_id: int, error: CityError | None, came: Any = None) -> str:
    with transaction() as db:
        scheme = cataloguing.get_scheme(db, scheme_id)
        found = select(CaseClass).where(CaseClass.scheme_id == scheme_id)
        classes = list(db.scalars(found.order_by(CaseClass.kind.desc(), CaseClass.code)))
        below: dict[int, list[CaseClass]] = {}
        for one in classes:
            below.setdefault(one.parent_id or 0, []).append(one)
        return render_template(
            "cases/catalogue/scheme.html", scheme=scheme, majors=below.get(0, []), below=below, count=len(classes),
            history=cataloguing.history(db, scheme_id=scheme_id), problem=_told(error), came=came, typed=request.form,
            departments=DepartmentNames(), **WORDS,
        )  # fmt: skip


@bp.post("/<int:scheme_id>/active")
def post_active(scheme_id: int) -> Response:
    """Put a scheme into use or out of it."""

    def change(db: Session, viewer: Viewer) -> None:
        is_active = request.form.get("is_active") == "true"
        cataloguing.activate(db, viewer, scheme_id, is_active, request.form.get("note", ""))

    return _change(change, f"/admin/catalogue/{scheme_id}", lambda error: _scheme_page(scheme_id, error))


@bp.post("/<int:scheme_id>/classes")
def post_class(scheme_id: int) -> Response:
    """A class of the city's own under a scheme."""
    form = request.form

    def change(db: Session, viewer: Viewer) -> None:
        given = {name: form.get(name, "") for name in ("name_zh", "name_en", "parent", "department")}
        kind, code = form.get("kind", ""), form.get("code", "").strip()
        scheme = cataloguing.get_scheme(db, scheme_id)
        if given["parent"]:
            kind, _, given["parent"] = given["parent"].partition(" ")
        made, how = cataloguing.set_class(db, viewer, scheme.id, kind, code, given, form.get("note", ""))
        if how != "added":
            raise Conflict("The catalogue has a class {code} already.", field="code", code=made.code)

    return _change(change, f"/admin/catalogue/{scheme_id}", lambda error: _scheme_page(scheme_id, error))


@bp.get("/<int:scheme_id>/<any(classes, conditions):what>.<any(csv, xlsx):kind>")
def get_file(scheme_id: int, what: str, kind: str) -> Response:
    """The classes or conditions of a scheme as a file."""
    _editor()
    with transaction() as db:
        data = catalogue_files.write(db, scheme_id, what, kind)
    return send_file(BytesIO(data), MEDIA[kind], as_attachment=True, download_name=f"{what}-{scheme_id}.{kind}")


def _file() -> tuple[bytes, str]:
    given = request.files.get("file")
    if given is None or not given.filename:
        raise InvalidInput("Choose a file.", field="file")
    return given.read(), given.filename


@bp.post("/<int:scheme_id>/import")
def post_import(scheme_id: int) -> Response:
    """Take in a file of classes or conditions, or try what would come of it."""
    viewer, form = _editor(), request.form
    try:
        with transaction() as db:
            what = "conditions" if form.get("what") == "conditions" else "classes"
            came = catalogue_files.put(db, viewer, scheme_id, what, *_file(), form.get("note", ""),
                                       is_trial="trial" in form)  # fmt: skip
    except (InvalidInput, Conflict) as error:
        return make_response(_scheme_page(scheme_id, error), status_of(error))
    return make_response(_scheme_page(scheme_id, None, came))


@bp.get("/classes/<int:class_id>")
def show_class(class_id: int) -> str:
    """A class: its names, conditions by version, rule for doubles, history."""
    _editor()
    return _class_page(class_id, None)


def _class_page(class_id: int, error: CityError | None) -> str:
    with transaction() as db:
        one = catalogue.get_class(db, class_id)
        now = datetime.now(UTC)
        held = {it.id for it in conditions.in_force(db, class_id)}
        return render_template(
            "cases/catalogue/class.html", one=one, scheme=cataloguing.get_scheme(db, one.scheme_id), now=now,
            parent=catalogue.get_class(db, one.parent_id) if one.parent_id else None, held=held,
            conditions=cataloguing.all_conditions(db, class_id), inherits=not held and one.parent_id is not None,
            rule=double_rules.rule_of(db, class_id), own_rule=double_rules.own_rule(db, class_id),
            rules=double_rules.history(db, class_id), history=cataloguing.history(db, class_id=class_id),
            problem=_told(error), typed=request.form, departments=DepartmentNames(), said_limit=_said_limit, **WORDS,
        )  # fmt: skip


def _said_limit(limit: str) -> str:
    return limit_words(parse_limit(limit))


def _of_class(class_id: int, change: Change) -> Response:
    return _change(change, f"/admin/catalogue/classes/{class_id}", lambda error: _class_page(class_id, error))


@bp.post("/classes/<int:class_id>")
def post_names(class_id: int) -> Response:
    """Change a class's names, department and use."""
    form = request.form

    def change(db: Session, viewer: Viewer) -> None:
        one = catalogue.get_class(db, class_id)
        given: dict[str, Any] = {name: form.get(name, "") for name in ("name_zh", "name_en", "department")}
        given["is_active"] = form.get("is_active") == "true"
        cataloguing.set_class(db, viewer, one.scheme_id, one.kind.value, one.code, given, form.get("note", ""))

    return _of_class(class_id, change)


@bp.post("/classes/<int:class_id>/conditions")
def post_condition(class_id: int) -> Response:
    """Let a condition hold from now or a later day on."""
    form = request.form

    def change(db: Session, viewer: Viewer) -> None:
        given: dict[str, Any] = {
            name: form.get(name, "") for name in ("text_zh", "text_en", "closing_zh", "closing_en", "department")
        }
        given |= {name: form.get(name) == "true" for name in ("needs_photo", "needs_check")}
        given["limits"] = {profile: form.get(column, "") for column, profile in catalogue_files.PROFILES.items()}
        given["photo_within_m"] = catalogue_files.number(form.get("photo_within_m", ""), "photo_within_m")
        from_at = _moment(form.get("from", ""), city_zone(db))
        code = form.get("code", "").strip()
        cataloguing.set_condition(db, viewer, class_id, code, given, form.get("note", ""), from_at=from_at)

    return _of_class(class_id, change)


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    if not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput("{given} is not a moment.", field="from", given=text[:20]) from error
    return found if found.tzinfo else found.replace(tzinfo=zone)


@bp.post("/classes/<int:class_id>/conditions/end")
def post_end(class_id: int) -> Response:
    """End a condition."""

    def change(db: Session, viewer: Viewer) -> None:
        cataloguing.end_condition(db, viewer, class_id, request.form.get("code", ""), request.form.get("note", ""))

    return _of_class(class_id, change)


@bp.post("/classes/<int:class_id>/doubles")
def post_rule(class_id: int) -> Response:
    """A class's own rule for doubles, or that of the class above it again."""
    return _of_class(class_id, lambda db, viewer: _set_rule(db, viewer, class_id))


# Mapping tables


@bp.get("/maps/<int:from_id>-<int:to_id>")
def show_map(from_id: int, to_id: int) -> str:
    """A mapping table with its gaps and versions."""
    _editor()
    return _map_page(from_id, to_id, None)


def _map_page(from_id: int, to_id: int, error: CityError | None, came: Any = None) -> str:
    with transaction() as db:
        one = class_maps.newest(db, from_id, to_id)
        return render_template(
            "cases/catalogue/map.html", first=cataloguing.get_scheme(db, from_id),
            second=cataloguing.get_scheme(db, to_id), one=one, rows=class_maps.rows(db, one) if one else [],
            gaps=class_maps.gaps(db, one) if one else [], versions=class_maps.versions(db, from_id, to_id),
            problem=_told(error), came=came, **WORDS,
        )  # fmt: skip


@bp.get("/maps")
def find_map() -> Response:
    """The table between two schemes that a form names."""
    _editor()
    ids = [request.args.get(name, "") for name in ("from", "to")]
    if not all(one.isdecimal() and len(one) < 18 for one in ids):
        return redirect("/admin/catalogue#maps", 303)
    return redirect(f"/admin/catalogue/maps/{ids[0]}-{ids[1]}", 303)


@bp.get("/maps/<int:from_id>-<int:to_id>.<any(csv, xlsx):kind>")
def get_map_file(from_id: int, to_id: int, kind: str) -> Response:
    """A mapping table as a file."""
    _editor()
    with transaction() as db:
        one = class_maps.newest(db, from_id, to_id)
        if one is None:
            raise NotFound("There is no mapping table between these catalogues.")
        data = class_maps.write(db, one, kind)
    return send_file(BytesIO(data), MEDIA[kind], as_attachment=True, download_name=f"map-{from_id}-{to_id}.{kind}")


@bp.post("/maps/<int:from_id>-<int:to_id>")
def post_map(from_id: int, to_id: int) -> Response:
    """Make a file the new version of a mapping table, or try what would come of it."""
    viewer, form = _editor(), request.form
    try:
        with transaction() as db:
            came = class_maps.put(db, viewer, from_id, to_id, *_file(), form.get("note", ""), is_trial="trial" in form)
    except (InvalidInput, Conflict) as error:
        return make_response(_map_page(from_id, to_id, error), status_of(error))
    return make_response(_map_page(from_id, to_id, None, came))
