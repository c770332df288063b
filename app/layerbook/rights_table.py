"""The rights of all roles over all layers, as one table: what rules say, and what holds where none does."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.accounts.rights import ROLES, role_name
from app.layerbook import queries
from app.layerbook.models import Says
from app.layerbook.rules import layer_target, theme_target
from app.layerbook.service import ROLES as WHOSE
from app.layerbook.words import PUBLIC_WORDS
from app.maps.describe import THEMES
from grid.reach import ANYBODY
from layers.layer import Layer, Registry

CLOSED, SEEN, EXPORT = "closed", Says.SEEN.value, Says.EXPORT.value


def columns() -> list[dict[str, str]]:
    """The roles, and who has no login."""
    names = [{"who": f"role:{role.value}", "title": role_name(role.value)} for role in ROLES]
    return [*names, {"who": f"role:{ANYBODY.role}", "title": str(PUBLIC_WORDS)}]


def groups(registry: Registry, layers: list[Layer]) -> list[dict[str, Any]]:
    """Themes with their layers: for each role what its rights alone give (``closed``: no rule opens it)."""
    found = []
    for theme, title in THEMES.items():
        mine = [one for one in layers if one.theme == theme]
        if mine:
            found.append({
                "target": theme_target(theme), "title": str(title),
                "layers": [
                    {"target": layer_target(one.id), "id": one.id, "title": str(one.title),
                     "open": {who: by_rights(registry, one, who) for who in WHOSE},
                     "fields": [{"name": field.name, "title": str(field.title)} for field in one.fields]}
                    for one in mine
                ],
            })  # fmt: skip
    return found


def by_rights(registry: Registry, layer: Layer, who: str) -> str:
    """What a role sees of a layer where no rule speaks: ``closed``, ``seen`` or ``export``.

    Of uploads, what their owner lets everyone see is decided by the owner: the table tells of the others as seen.
    """
    name = who.removeprefix("role:")
    if name == ANYBODY.role:
        return SEEN if registry.is_public(layer) else CLOSED
    rights = next(rights for role, rights in ROLES.items() if role.value == name)
    if "layers.read" not in rights or (layer.right is not None and layer.right not in rights):
        return CLOSED
    return EXPORT if "layers.export" in rights else SEEN


def field_sight(db: Session, layer: Layer) -> dict[str, list[str]]:
    """For each field the roles and accounts, in words, that it is hidden from."""
    target = layer_target(layer.id)
    hidden = [one for one in queries.in_force(db) if one["target"] == target and one["says"] == Says.HIDDEN.value]
    named = queries.who_words(db, {one["who"] for one in hidden})
    found: dict[str, list[str]] = {}
    for one in hidden:
        if one["field"]:
            found.setdefault(one["field"], []).append(named[one["who"]])
    return found
