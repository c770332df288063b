"""The page of rights: roles over layers as one table, exceptions for accounts, and why somebody sees a layer or not."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.accounts import service as accounts
from app.errors import status_of, words_of
from app.layerbook import catalogue, queries, rights_table, service
from app.layerbook.models import Says
from app.layerbook.rules import layer_target
from app.layerbook.service import Cell
from app.layerbook.why import find, why
from app.layerbook.words import SAYS
from app.maps.asked import looking, registry
from app.web.named import moment
from gis.db import transaction
from gis.errors import CityError, InvalidInput, NotFound
from grid.reach import Viewer
from layers.layer import Layer

bp = Blueprint("layer_rights", __name__, url_prefix="/admin/layers", template_folder="templates")
HISTORY_SHOWN = 30


@bp.get("")
def show_rights() -> str:
    """The table; with ``account`` and ``layer`` also why that account sees that layer or not."""
    return _page()


def _page(error: CityError | None = None) -> str:
    viewer = looking()
    layers = catalogue.declared(registry())
    with transaction() as db:
        service.require(db, viewer)
        rules = queries.in_force(db)
        titles = titles_of(layers)
        past = [one | {"target_words": titles.get(one["target"], one["target"])}
                for one in queries.history(db, limit=HISTORY_SHOWN)]  # fmt: skip
        context: dict[str, Any] = {"exceptions": _exceptions(db, rules, titles), "past": past}
        found, problem = _why(db, viewer, layers)
    return render_template(
        "layerbook/rights.html", columns=rights_table.columns(), groups=rights_table.groups(registry(), layers),
        rules=rules, SAYS=SAYS, why=found, problem=words_of(error) if error else problem, moment=moment,
        given=request.form if error else {}, asked=request.args, **context,
    )  # fmt: skip


def titles_of(layers: list[Layer]) -> dict[str, str]:
    """What rules are about, in words."""
    themes = {group["target"]: group["title"] for group in rights_table.groups(registry(), layers)}
    return themes | {layer_target(one.id): str(one.title) for one in layers}


def _exceptions(db: Session, rules: list[dict[str, str]], titles: dict[str, str]) -> list[dict[str, str]]:
    """Rules for single accounts, in words."""
    mine = [one for one in rules if one["who"].startswith("account:")]
    named = queries.who_words(db, {one["who"] for one in mine})
    return [
        one | {"who_words": named[one["who"]], "target_words": titles.get(one["target"], one["target"])} for one in mine
    ]


def _why(db: Session, viewer: Viewer, layers: list[Layer]) -> tuple[dict[str, Any] | None, str]:
    name, layer_id = request.args.get("account", "").strip(), request.args.get("layer", "")
    if not name:
        return None, ""
    try:
        return why(db, registry(), viewer, name, find(layers, layer_id)), ""
    except NotFound as error:
        return None, words_of(error)


@bp.post("/accounts")
def post_exception() -> Response:
    """A rule for one account: set, or taken away with an empty ``says``."""
    viewer, form = looking(), request.form
    try:
        with transaction() as db:
            service.require(db, viewer)
            who = form.get("who") or f"account:{accounts.need(db, form.get('account', '')).id}"
            says = _says(form.get("says", ""))
            cell = Cell(form.get("target", ""), form.get("field", "").strip(), who, says)
            service.set_rules(db, viewer, catalogue.declared(registry()), [cell])
    except (InvalidInput, NotFound) as error:
        return make_response(_page(error), status_of(error))
    return redirect("/admin/layers#accounts", 303)


def _says(given: str) -> Says | None:
    if given in ("", *(one.value for one in Says)):
        return Says(given) if given else None
    raise InvalidInput("There is no such answer: {says}.", field="says", says=given[:40])
