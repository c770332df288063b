"""The catalogue: layers with what is said of them, as a viewer finds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.accounts.rights import RIGHTS
from app.layerbook import service
from app.layerbook.governor import BOOK
from app.layerbook.keepers import KeptWords, keeper_of
from app.layerbook.said import told
from app.layerbook.words import KINDS, SHAPES
from app.maps.describe import THEMES
from gis.errors import InvalidInput, NotFound
from grid.reach import Viewer, whole_city
from layers.layer import Field, Layer, Registry
from layers.tilejson import zoom_span

WORDS_MAX = 100
ALL_LAYERS = whole_city(RIGHTS)


@dataclass(frozen=True)
class Entry:
    """A layer of the catalogue. `is_hidden` is one that only the keeper of the book sees, and only here."""

    layer: Layer
    words: Mapping[str, str]
    kept: KeptWords | None
    is_hidden: bool = False


def declared(registry: Registry) -> list[Layer]:
    """All layers there are, as they are declared: for rules and for words, never for rows."""
    return registry.every(ALL_LAYERS)


def seen(registry: Registry, viewer: Viewer, *, without_login: bool = False) -> list[Entry]:
    """The layers that the viewer sees; `without_login` only what is open to everyone."""
    said = BOOK.pages().words
    found = registry.all_public(viewer) if without_login else registry.all(viewer)
    return [_entry(one, said.get(one.id, {}), viewer) for one in found]


def entries(registry: Registry, viewer: Viewer) -> list[Entry]:
    """The layers that the viewer sees; who keeps the book finds the hidden ones as well, so that nothing is lost."""
    found = seen(registry, viewer)
    known = {one.layer.id for one in found}
    hidden = [one for one in declared(registry) if one.id not in known] if viewer.may(service.RIGHT) else []
    said = BOOK.pages().words
    return [*found, *(_entry(one, said.get(one.id, {}), viewer, is_hidden=True) for one in hidden)]


def entry(registry: Registry, viewer: Viewer, layer_id: str) -> Entry:
    """One of them; NotFound for any other."""
    said = BOOK.pages().words.get(layer_id, {})
    try:
        return _entry(registry.get(layer_id, viewer), said, viewer)
    except NotFound:
        if not viewer.may(service.RIGHT):
            raise
    for one in declared(registry):
        if one.id == layer_id:
            return _entry(one, said, viewer, is_hidden=True)
    raise NotFound("There is no layer {id}.", id=layer_id)


def _entry(layer: Layer, said: Mapping[str, str], viewer: Viewer, *, is_hidden: bool = False) -> Entry:
    found = keeper_of(viewer, layer.id)
    if found is None:
        return Entry(layer, told(layer, said), None, is_hidden)
    kept = found[1]
    plain = told(layer, {}) | {name: text for name, text in kept.said.items() if name != "title"}
    return Entry(layer, plain, kept, is_hidden)


def search(found: list[Entry], *, words: str = "", theme: str = "", ids: frozenset[str] | None = None) -> list[Entry]:
    """Those of a theme that hold all of the words in their title, description, source, owner, fields or id."""
    if len(words) > WORDS_MAX or "\x00" in words:
        raise InvalidInput("Search words may be at most {max} characters long.", field="q", max=WORDS_MAX)
    if theme and theme not in THEMES:
        raise InvalidInput("There is no theme {theme}.", field="theme", theme=theme[:60])
    parts = words.casefold().split()
    return [
        one
        for one in found
        if theme in ("", one.layer.theme)
        and (ids is None or one.layer.id in ids)
        and all(part in _text(one) for part in parts)
    ]


def _text(one: Entry) -> str:
    fields = [str(field.title) for field in one.layer.fields]
    return " ".join((one.layer.id, *one.words.values(), str(THEMES[one.layer.theme]), *fields)).casefold()


def entry_json(one: Entry, viewer: Viewer, *, is_favourite: bool = False) -> dict[str, Any]:
    """A line of the catalogue."""
    layer = one.layer
    return {
        "id": layer.id, **one.words, "theme": layer.theme, "theme_title": str(THEMES[layer.theme]),
        "geometry": layer.geometry, "geometry_words": str(SHAPES[layer.geometry]), "fields": len(layer.fields),
        "is_people": layer.floor is not None, "keeps_past": layer.history is not None,
        "is_uploaded": one.kept is not None, "audience": one.kept.audience if one.kept else "",
        "audience_words": one.kept.audience_words if one.kept else "", "is_hidden": one.is_hidden,
        "is_favourite": is_favourite, "may_export": not one.is_hidden and layer.is_export_open_to(viewer),
        "version": layer.version or None,
    }  # fmt: skip


def whole_json(one: Entry, viewer: Viewer, root: str) -> dict[str, Any]:
    """All there is to tell of a layer; `root` is the address of the site, without a slash at its end."""
    return entry_json(one, viewer) | {
        "fields": [field_json(field) for field in one.layer.fields],
        "time_field": one.layer.time_field, "zooms": list(zoom_span(one.layer)),
        "may_describe": service.may_describe(viewer, one.layer),
        "services": {} if one.is_hidden else services(one.layer, viewer, root),
    }  # fmt: skip


def field_json(field: Field) -> dict[str, Any]:
    """A field with its kind in words."""
    choices = None if field.choices is None else {str(value): str(words) for value, words in field.choices.items()}
    return {
        "name": field.name, "title": str(field.title), "kind": field.kind, "kind_words": str(KINDS[field.kind]),
        "unit": field.unit, "choices": choices, "filterable": field.filterable,
    }  # fmt: skip


def services(layer: Layer, viewer: Viewer, root: str) -> dict[str, str]:
    """The addresses under which programs read the layer; of people there are counts and tiles only."""
    found = {
        "tilejson": f"{root}/tiles/{layer.id}.json",
        "tiles": f"{root}/tiles/{layer.id}/{{z}}/{{x}}/{{y}}.mvt",
        "counts": f"{root}/api/v1/layers/{layer.id}/counts",
    }
    if layer.floor is None:
        found |= {
            "ogc": f"{root}/ogc/collections/{layer.id}",
            "items": f"{root}/ogc/collections/{layer.id}/items",
            "features": f"{root}/api/v1/layers/{layer.id}/features",
        }
    if layer.is_export_open_to(viewer):
        found["export"] = f"{root}/layers/{layer.id}/export?format=gpkg"
    return found
