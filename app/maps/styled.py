"""A layer in a style that is kept, worked out over what a request asks for."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.maps.asked import Asked
from app.styles import service
from layers.declared import Declared
from layers.layer import Layer
from layers.ranges import numbers
from layers.resolve import resolve


def in_style(db: Session, what: Asked, style_id: int | None, breaks: str | None = None) -> Layer:
    """The layer as the style draws it for this viewer and filter; as it is declared without one.

    `breaks` stand for those that the style would work out: so that two maps have the same classes.
    """
    if style_id is None:
        return what.layer
    declared = service.declared_of(db, what.viewer, style_id, what.layer)
    if breaks:
        declared = _with_breaks(declared, breaks)
    return resolve(db, what.layer, what.viewer, declared, what.chosen).layer


def _with_breaks(declared: Declared, given: str) -> Declared:
    """``10,50`` for one number, ``10,50;1,2`` for two; InvalidInput when they are no numbers."""
    first, _, second = given.partition(";")
    update = {"breaks": numbers(first), "second_breaks": numbers(second), "is_locked": True}
    return declared.model_copy(update=update)
