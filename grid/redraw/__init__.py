"""Redrawing areas: merge, split, rename, move borders; what was stays known."""

from grid.redraw.areas import Redrawn, redraw_areas
from grid.redraw.errors import RedrawRefused
from grid.redraw.given import Given

__all__ = ["Given", "RedrawRefused", "Redrawn", "redraw_areas"]
