"""A layer with some of its fields taken out: no door that is handed it can tell them, filter by them or draw them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from string import Formatter
from typing import Any

from sqlalchemy import Select

from grid.reach import Viewer
from layers.layer import Classes, Layer, Style

STRUCTURE = frozenset({"id", "geom", "area_code", "unit_cell_id"})  # columns that every door needs, field or not


def narrowed(layer: Layer, hidden: frozenset[str]) -> Layer:
    """The layer without the fields of these names; the same object where it has none of them.

    Its Select loses their columns as well, so that what forgets to ask for `Layer.fields` fails and tells nothing.
    What a style, a label, the time or the page of a row needs of a hidden field goes with it.
    """
    gone = frozenset(one.name for one in layer.fields if one.name in hidden)
    if not gone:
        return layer
    return replace(
        layer,
        rows=lambda viewer: _fewer(layer.rows(viewer), gone),
        history=None if layer.history is None else _history(layer.history, gone),
        fields=tuple(one for one in layer.fields if one.name not in gone),
        style=_style(layer.style, gone),
        time_field=None if layer.time_field in gone else layer.time_field,
        detail=None if layer.detail is not None and _places(layer.detail) & gone else layer.detail,
        view_key=(layer.view_key, tuple(sorted(gone))),
    )


History = Callable[[Viewer, datetime], Select[Any]]


def _history(history: History, gone: frozenset[str]) -> History:
    return lambda viewer, at: _fewer(history(viewer, at), gone)


def _fewer(whole: Select[Any], gone: frozenset[str]) -> Select[Any]:
    kept = [column for column in whole.selected_columns if column.key in STRUCTURE or column.key not in gone]
    return whole.with_only_columns(*kept, maintain_column_froms=True)


def _style(style: Style, gone: frozenset[str]) -> Style:
    if style.by in gone:
        style = replace(style, by=None, colours={}, shapes={}, quiet=())
    if style.label is not None and {style.label, f"{style.label}_zh", f"{style.label}_en"} & gone:
        style = replace(style, label=None)
    if any(one is not None and _names(one) & gone for one in (style.classes, style.second)):
        style = replace(style, classes=None, second=None, mixed=(), mixed_counts=())
    return style


def _names(classes: Classes) -> set[str | None]:
    return {classes.field, classes.per}


def _places(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}
