"""Which rule holds: the most specific one. No database in here: rules in, a verdict out.

Of a layer: a rule for the layer before one for its theme, and in each a rule for the account before one for its role.
Of a field: one for the account before one for the role. An account has one role; should it ever have several, the
widest of what they say is to count. Whose layer it is sees it whole.

A rule takes away, or gives the download. It never opens what the role's own rights close: residents stay with those
who hold ``residents.read``, uploads with those whom their owner showed them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.layerbook.models import Says
from grid.reach import Viewer
from layers.layer import Layer


@dataclass(frozen=True)
class Rule:
    """As `app.layerbook.models.LayerRule` keeps it."""

    target: str
    field: str
    who: str
    says: Says


def layer_target(layer_id: str) -> str:
    """How rules name a layer."""
    return f"layer:{layer_id}"


def theme_target(theme: str) -> str:
    """How rules name a theme."""
    return f"theme:{theme}"


def whose(viewer: Viewer) -> tuple[str, ...]:
    """How rules name a viewer, the most specific name first."""
    account = () if viewer.account_id is None else (f"account:{viewer.account_id}",)
    return (*account, f"role:{viewer.role}")


def is_own(layer: Layer, viewer: Viewer) -> bool:
    """Whether the layer belongs to the viewer: then no rule narrows it."""
    return layer.owner_id is not None and layer.owner_id == viewer.account_id


class Rules:
    """All rules in force."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by = {(one.target, one.field, one.who): one for one in rules}
        self._fields: dict[str, set[str]] = {}
        for target, field, _ in self._by:
            if field:
                self._fields.setdefault(target, set()).add(field)

    def of_layer(self, layer: Layer, viewer: Viewer) -> Rule | None:
        """The rule that decides on the whole layer; None where there is none, or the layer is the viewer's own."""
        if is_own(layer, viewer):
            return None
        targets = (layer_target(layer.id), theme_target(layer.theme))
        asked = ((target, "", who) for target in targets for who in whose(viewer))
        return next((self._by[key] for key in asked if key in self._by), None)

    def of_field(self, layer: Layer, field: str, viewer: Viewer) -> Rule | None:
        """The rule that decides on a field."""
        if is_own(layer, viewer):
            return None
        asked = ((layer_target(layer.id), field, who) for who in whose(viewer))
        return next((self._by[key] for key in asked if key in self._by), None)

    def hidden_fields(self, layer: Layer, viewer: Viewer) -> frozenset[str]:
        """The names of fields that the viewer is not told."""
        named = self._fields.get(layer_target(layer.id), ())
        found = ((name, self.of_field(layer, name, viewer)) for name in named)
        return frozenset(name for name, rule in found if rule is not None and rule.says is Says.HIDDEN)

    def says(self, target: str, field: str, who: str) -> Says | None:
        """What the very rule says, if there is one."""
        found = self._by.get((target, field, who))
        return None if found is None else found.says
