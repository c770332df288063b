"""A map of one indicator by area: five classes of its ratio, none hatched, zero apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.evaluation import drawing, figures
from app.evaluation.asked import CELL, Asked
from app.evaluation.drawing import Drawing
from app.evaluation.figures import NOTHING, Figure
from app.evaluation.indicators import Indicator
from app.evaluation.names import names_of
from grid.reach import Viewer
from layers.classing import Classing, classify
from layers.ramps import ramp

CLASSES = 5
ZERO, NONE = "#f2f2f0", "none"
RAMP = "YlGnBu"


@dataclass(frozen=True)
class ColourMap:
    """Shapes with their colours; `legend` has (colour, from %, to %, count) for each class, the lowest first."""

    drawing: Drawing
    figures: dict[str, Figure]
    names: dict[str, str]
    colours: dict[str, str]
    legend: list[dict[str, Any]]
    zeros: int
    missing: int


def of_indicator(db: Session, viewer: Viewer, asked: Asked, indicator: Indicator) -> ColourMap:
    """The map of an indicator by the areas of the question's level, or by unit cells."""
    by_cell = asked.by == CELL
    shapes = drawing.cells(db, viewer, asked.area) if by_cell else drawing.areas(db, viewer, asked.level, asked.area)
    table = figures.by_object(db, viewer, asked, [indicator])
    found = {key: table.get(key, {}).get(indicator.code, NOTHING) for key in shapes}
    values = {key: None if one.ratio is None else float(one.ratio) * 100 for key, one in found.items()}
    classed = classify(list(values.values()), "fisher_jenks", CLASSES)
    return ColourMap(
        drawing.draw(shapes), found, names_of(db, viewer, asked, shapes), _colours(values, classed), _legend(classed),
        classed.zeros, classed.missing,
    )  # fmt: skip


def _colours(values: dict[str, float | None], classed: Classing) -> dict[str, str]:
    shades = ramp(RAMP, max(1, len(classed.breaks)))
    found: dict[str, str] = {}
    for key, value in values.items():
        index = classed.class_of(value)
        found[key] = NONE if index is None else ZERO if index < 0 else shades[index]
    return found


def _legend(classed: Classing) -> list[dict[str, Any]]:
    shades = ramp(RAMP, max(1, len(classed.breaks)))
    return [
        {"colour": shades[index], "low": low, "high": high, "count": classed.counts[index]}
        for index, (low, high) in enumerate(classed.ranges())
    ]
