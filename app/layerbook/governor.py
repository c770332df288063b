"""The one rule for all doors: what a viewer sees of a layer, by the book as it stands at this very request."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import literal, null, select, union_all
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import Text

from app.layerbook.models import LayerRule, LayerWords, Says
from app.layerbook.rules import Rule, Rules
from app.layerbook.said import applied
from gis.db import look
from grid.reach import Viewer
from layers.layer import Layer
from layers.narrowed import narrowed
from layers.touches import TOUCHES, Touch

TOUCH = "layerbook"  # what triggers write into the log when the book changes
MADE_MAX = 1_000
_EVERYTHING = union_all(
    select(
        LayerRule.target, LayerRule.field, LayerRule.who, LayerRule.says.cast(Text).label("says"),
        null().cast(JSONB).label("said"),
    ).where(LayerRule.ended_at.is_(None)),
    select(
        LayerWords.layer_id, literal("", Text), literal("", Text), literal("", Text), LayerWords.said,
    ),
)  # fmt: skip
Made = tuple[Layer, Layer]


@dataclass(frozen=True)
class Pages:
    """The book at a moment: the rules in force, and changed words by layer id."""

    rules: Rules
    words: Mapping[str, Mapping[str, str]]


class Book:
    """The governor of the registry.

    What the book says is kept in memory until the log of touches tells of a change, and the log is read anew at every
    request: a rule that was committed holds for whatever is asked after it.
    """

    def __init__(self) -> None:
        self._kept: Pages | None = None
        self._changes = 0
        self._made: OrderedDict[tuple[int, frozenset[str], bool | None, str], Made] = OrderedDict()
        TOUCHES.listen(self._touched)

    def pages(self) -> Pages:
        """The book as it stands now."""
        position, kept = TOUCHES.catch_up(), self._kept
        if position is not None and kept is not None:
            return kept
        changes, read = self._changes, _read()
        if position is not None and changes == self._changes:
            self._kept = read
        return read

    def sight(self, viewer: Viewer) -> Callable[[Layer], Layer | None]:
        """A layer as declared → as this viewer sees it; None where it is hidden."""
        now = self.pages()

        def see(layer: Layer) -> Layer | None:
            rule = now.rules.of_layer(layer, viewer)
            if rule is not None and rule.says is Says.HIDDEN:
                return None
            may_export = None if rule is None else rule.says is Says.EXPORT
            return self._seen(layer, now.rules.hidden_fields(layer, viewer), may_export, now.words.get(layer.id, {}))

        return see

    def _seen(self, layer: Layer, hidden: frozenset[str], may_export: bool | None, said: Mapping[str, str]) -> Layer:
        """The same object for the same layer and the same sight of it, so that statements and tiles are kept."""
        if not hidden and may_export is None and not said:
            return layer
        key = (id(layer), hidden, may_export, json.dumps(said, sort_keys=True))
        found = self._made.get(key)
        if found is None or found[0] is not layer:
            made = narrowed(applied(layer, said), hidden)
            found = layer, replace(made, may_export=may_export)
            self._made[key] = found
        self._made.move_to_end(key)
        while len(self._made) > MADE_MAX:
            self._made.popitem(last=False)
        return found[1]

    def _touched(self, found: list[Touch] | None) -> None:
        if found is None or any(one.name == TOUCH for one in found):
            self._changes += 1
            self._kept = None


def _read() -> Pages:
    rules, words = [], {}
    with look() as connection:
        for target, field, who, says, said in connection.execute(_EVERYTHING):
            if says:
                rules.append(Rule(target, field, who, Says(says)))
            else:
                words[target] = said
    return Pages(Rules(rules), words)


BOOK = Book()  # of the process, as the log is: it follows the database that the process is bound to
