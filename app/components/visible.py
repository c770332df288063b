"""The one rule for which components a viewer sees: those inside the viewer's areas."""

from __future__ import annotations

from sqlalchemy import ColumnElement

from app.components.models import Component
from grid.reach import Viewer, within


def visible(viewer: Viewer) -> ColumnElement[bool]:
    """Components are public objects: a department sees all that stand in its areas."""
    return within(viewer, Component.area_code)
