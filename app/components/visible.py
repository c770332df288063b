"""The one rule for which components a viewer sees: those inside the viewer's areas."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement

from app.components.models import Component
from grid.reach import Viewer, within


def visible(viewer: Viewer, of: Any = Component) -> ColumnElement[bool]:
    """Components are public objects: a department sees all that stand in its areas. `of` may be those of a moment."""
    return within(viewer, of.area_code)
