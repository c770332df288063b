"""The pages of the catalogue, and of one layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.errors import status_of, words_of
from app.layerbook import catalogue, queries, service, why
from app.layerbook.catalogue import Entry
from app.layerbook.keepers import keeper_of
from app.layerbook.rights_table import field_sight
from app.layerbook.rules import layer_target, theme_target
from app.layerbook.said import FIELDS, LONG, WORDS_MAX
from app.layerbook.words import SAYS
from app.maps.asked import looking, registry
from app.maps.describe import THEMES
from app.maps.routes import city_bounds
from app.styles import service as styles
from app.web.named import moment
from gis.db import transaction
from gis.errors import CityError, InvalidInput
from grid.reach import Viewer

bp = Blueprint("layerbook", __name__, template_folder="templates")
HISTORY_SHOWN = 20


@bp.get("/layers")
def list_layers() -> str:
    """The catalogue by themes, searched through if words are given."""
    viewer = looking()
    words, theme = request.args.get("q", "").strip(), request.args.get("theme", "")
    with transaction() as db:
        kept = frozenset(styles.favourites(db, viewer))
    every = catalogue.entries(registry(), viewer)
    only = kept if request.args.get("favourites") else None
    try:
        found, problem = catalogue.search(every, words=words, theme=theme, ids=only), ""
    except InvalidInput as error:
        found, problem = [], words_of(error)
    lines = [catalogue.entry_json(one, viewer, is_favourite=one.layer.id in kept) for one in found]
    groups = [(name, title, [one for one in lines if one["theme"] == name]) for name, title in THEMES.items()]
    there = {one.layer.theme for one in every}
    return render_template(
        "layerbook/list.html", groups=[group for group in groups if group[2]], q=words, theme=theme,
        only=only is not None,
        themes={name: title for name, title in THEMES.items() if name in there}, shown=len(lines), all=len(every),
        problem=problem, kept=len([one for one in every if one.layer.id in kept]), city_bounds=city_bounds(),
        may_govern=viewer.may(service.RIGHT), query=request.query_string.decode(),
    )  # fmt: skip


@bp.get("/layers/<layer_id>")
def show_layer(layer_id: str) -> str:
    """One layer: what is said of it, its fields, its services."""
    return _page(layer_id)


def _page(layer_id: str, given: Mapping[str, str] | None = None, error: CityError | None = None) -> str:
    viewer = looking()
    one = catalogue.entry(registry(), viewer, layer_id)
    told = catalogue.whole_json(one, viewer, request.host_url.rstrip("/"))
    with transaction() as db:
        told["is_favourite"] = layer_id in styles.favourites(db, viewer)
        edited = _edited(db, viewer, one) if told["may_describe"] else {}
        keeps = viewer.may(service.RIGHT)
        targets = [layer_target(layer_id), theme_target(one.layer.theme)]
        words = dict(zip(targets, (told["title"], told["theme_title"]), strict=True))
        past = queries.history(db, targets, HISTORY_SHOWN) if keeps else []
        past = [row | {"target_words": words[row["target"]]} for row in past]
        sight = field_sight(db, one.layer) if keeps else {}
    return render_template(
        "layerbook/layer.html", one=told, edited=edited | dict(given or {}), FIELDS=FIELDS, LONG=LONG, MAX=WORDS_MAX,
        problem={"field": error.field, "words": words_of(error)} if error else None, past=past, SAYS=SAYS,
        sight=sight, saved=request.args.get("saved"), city_bounds=city_bounds(), moment=moment, may_govern=keeps,
    )  # fmt: skip


def _edited(db: Session, viewer: Viewer, one: Entry) -> dict[str, str]:
    """What stands in the form: the changed words only, so that an empty field says what is declared."""
    found = keeper_of(viewer, one.layer.id)
    if found is not None:
        keeper, kept = found
        return {name: kept.said.get(name, "") for name in keeper.names}
    changed, _ = queries.changed_words(db, one.layer.id)
    return {name: changed.get(name, "") for name in WORDS_MAX}


@bp.post("/layers/<layer_id>")
def post_layer(layer_id: str) -> Response:
    """Say other things of it."""
    viewer = looking()
    catalogue.entry(registry(), viewer, layer_id)  # 404 for what the viewer can't know of
    given = {name: text for name, text in request.form.items() if name in FIELDS}
    try:
        with transaction() as db:
            service.describe(db, viewer, why.find(catalogue.declared(registry()), layer_id), given)
    except InvalidInput as error:
        return make_response(_page(layer_id, given, error), status_of(error))
    return redirect(f"/layers/{layer_id}?saved=1", 303)


@bp.post("/layers/<layer_id>/favourite")
def post_favourite(layer_id: str) -> Response:
    """Keep a layer at hand, or no longer."""
    viewer = looking()
    with transaction() as db:
        if request.form.get("keep") == "1":
            styles.keep(db, viewer, registry().get(layer_id, viewer))
        else:
            registry().get(layer_id, viewer)
            styles.let_go(db, viewer, layer_id)
    back: Any = request.form.get("back", "")
    return redirect(f"/layers?{back}#layer-{layer_id}" if back != "layer" else f"/layers/{layer_id}", 303)
