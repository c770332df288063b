"""A layer in a style that is kept, worked out over what a request asks for."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.maps.asked import Asked
from app.styles import service
from layers.layer import Layer
from layers.resolve import resolve


def in_style(db: Session, what: Asked, style_id: int | None) -> Layer:
    """The layer as the style draws it for this viewer and filter; as it is declared without one."""
    if style_id is None:
        return what.layer
    declared = service.declared_of(db, what.viewer, style_id, what.layer)
    return resolve(db, what.layer, what.viewer, declared, what.chosen).layer
