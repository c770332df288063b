"""What a map layer is. A domain declares each of its layers once; everything that shows it is made from that."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from sqlalchemy import Select

from gis.errors import NotFound
from grid.reach import Viewer
from layers.classing import Classing


class Words(Protocol):
    """A text that becomes a string in the reader's language when printed (a lazy translation, or a plain string)."""

    def __str__(self) -> str: ...


GeometryKind = Literal["POINT", "LINESTRING", "POLYGON", "GEOMETRY"]
FieldKind = Literal["text", "number", "time", "choice", "flag"]
Draw = Literal["rows", "areas", "cells", "heat", "counts", "hexagons"]
Rate = Literal["per_km2", "count", "per_1000"]
Theme = Literal["base", "grid", "cases", "emergency", "people", "facilities", "environment", "planning", "uploaded"]


@dataclass(frozen=True)
class Field:
    """A property of a layer's rows. `choices` maps stored values to words; `unit` is shown beside numbers.

    A ``choice`` has no other values; another kind may have choices too, words for the values that are known.
    """

    name: str
    title: Words
    kind: FieldKind = "text"
    choices: Mapping[str, Words] | None = None
    unit: str | None = None
    in_tile: bool = True
    in_list: bool = True
    filterable: bool = False


@dataclass(frozen=True)
class Classes:
    """Colours for classes of a number: a property of what is drawn, divided by another if `per` names one.

    With `is_locked` the breaks are given, and what lies above the last one belongs to the last class. `is_whole` says
    that all numbers are whole ones.
    """

    field: str
    per: str | None
    classing: Classing
    colours: tuple[str, ...]
    title: Words
    unit: str | None = None
    is_locked: bool = False
    is_whole: bool = False

    def value_of(self, properties: Mapping[str, Any]) -> float | None:
        """The number that a row's properties give; None where one is missing or would be divided by zero."""
        value, per = properties.get(self.field), 1 if self.per is None else properties.get(self.per)
        return None if value is None or not per else float(value) / float(per)


@dataclass(frozen=True)
class Style:
    """How rows are drawn: one colour, or one for each value of a `choice` field, or for classes of a number.

    `colours` are ``#rrggbb`` by value; `shapes` name symbols by value (circle, square, triangle, diamond);
    `line` and `width_px` draw outlines and lines; `label` names the property printed beside it from `label_zoom`.
    Rows with a value in `quiet` recede behind the others: smaller, and by night no lighter than they must be.
    `classes` colours by a number; with `second` it and another one are looked up together in `mixed`, nine colours
    (3 · class of the second + class of the first), of which `mixed_counts` rows each, the last without a number.
    `draw` says what is drawn: the rows, areas (of `level`) or cells by the `rate` of rows in them, heat (`ramp`),
    circles that count them, or hexagons of `side_m` metres a side.
    """

    colour: str = "#3b6ea5"
    by: str | None = None
    colours: Mapping[str, str] = field(default_factory=dict)
    shapes: Mapping[str, str] = field(default_factory=dict)
    quiet: tuple[str, ...] = ()
    shape: str = "circle"
    size_px: float = 6
    line: str | None = None
    width_px: float = 1
    opacity: float = 0.85
    dashed: bool = False
    label: str | None = None
    label_zoom: int = 14
    draw: Draw = "rows"
    classes: Classes | None = None
    second: Classes | None = None
    mixed: tuple[str, ...] = ()
    mixed_counts: tuple[int, ...] = ()
    ramp: tuple[str, ...] = ()
    level: str | None = None
    rate: Rate = "per_km2"
    side_m: int = 250


class Pyramid(Protocol):
    """Where a layer's counts by square are kept (`layers.pyramid`)."""

    def answers(self, viewer: Viewer, chosen: Any, z: int) -> bool:
        """Whether the kept counts of a zoom tell a viewer's rows under a `layers.filters.Filter` exactly."""

    def squares(self, viewer: Viewer, chosen: Any) -> Select[Any]:
        """The squares of one tile, for what it answers: ``across, down, n, su, sv``.

        Binds ``z``, ``first_across`` and ``first_down``.
        """


@dataclass(frozen=True)
class Layer:
    """A thematic layer, declared once.

    `rows` gives, for a viewer, a Select of ``id``, ``geom`` (EPSG:4326), ``area_code``, ``unit_cell_id`` and one
    column for each field, under the fields' names: the one rule for list, map, tile, count, export and API.
    `floor` makes a layer of people: it is shown as counts by cell or area only, and counts below it are suppressed.
    `channel` is the register whose writes change the layer (what `app.live` announces).
    `detail` is the page of one row with ``{name}`` places, for example ``/cases/{number}``.
    `is_public` opens it to everyone, without a login. `version` and `bounds` (west, south, east, north in degrees) are
    known of layers that are not a register of the city: those may lie anywhere. `pyramid` keeps its counts by square.
    `history` gives the same Select as it stood at a moment; layers without it can be shown as they are now only.
    `about`, `source`, `owner`, `licence`, `quality` and `changed_at` are told in the catalogue, and so is `crs`, what
    the coordinates were given in; `attribution` is a source that every map must name. `watches` names the touches
    (`layers.touches`) that any change of its tiles leaves: then tiles are kept.
    `view_key` tells apart what a governor made of the layer for some viewers: it is part of the key of kept tiles.
    `may_export` overrides the role's right to take the layer away as a file; `owner_id` is the account that it is of.
    """

    id: str
    title: Words
    theme: Theme
    geometry: GeometryKind
    rows: Callable[[Viewer], Select[Any]]
    fields: tuple[Field, ...] = ()
    style: Style = field(default_factory=Style)
    zooms: range = field(default_factory=lambda: range(0, 23))
    time_field: str | None = None
    floor: int | None = None
    right: str | None = None
    channel: str | None = None
    detail: str | None = None
    attribution: Words = ""
    visible: bool = False
    order: int = 100
    is_public: bool = False
    version: int = 0
    bounds: tuple[float, float, float, float] | None = None
    pyramid: Pyramid | None = None
    about: Words = ""
    source: Words = ""
    owner: Words = ""
    licence: Words = ""
    quality: Mapping[str, int] = field(default_factory=dict)
    changed_at: datetime | None = None
    crs: str = "EPSG:4326"
    watches: tuple[str, ...] = ()
    history: Callable[[Viewer, datetime], Select[Any]] | None = None
    view_key: Hashable = ()
    may_export: bool | None = None
    owner_id: int | None = None

    @property
    def origin(self) -> str:
        """Where its rows come from, in the reader's words."""
        return str(self.attribution) or str(self.source)

    def get_field(self, name: str) -> Field:
        """One of the layer's fields; NotFound when it has none of that name."""
        for one in self.fields:
            if one.name == name:
                return one
        raise NotFound("The layer {layer} has no field {name}.", layer=self.id, name=name)

    def is_open_to(self, viewer: Viewer) -> bool:
        """Whether the viewer may see this layer at all."""
        return self.right is None or viewer.may(self.right)

    def is_export_open_to(self, viewer: Viewer) -> bool:
        """Whether the viewer may take the layer's rows away as a file: by a rule, else by the role's right."""
        return viewer.may("layers.export") if self.may_export is None else self.may_export


class LayerSource(Protocol):
    """Where further layers come from: those that people made, kept in the database."""

    def find(self, layer_id: str, viewer: Viewer | None) -> Layer | None:
        """The layer of an id, if this viewer (None: someone without a login) may see it."""

    def all(self, viewer: Viewer | None) -> list[Layer]:
        """All that a viewer may see."""


class Governor(Protocol):
    """Who decides what a viewer sees of a layer that the viewer's role would see whole."""

    def sight(self, viewer: Viewer) -> Callable[[Layer], Layer | None]:
        """For one request: a layer as declared → as this viewer sees it, None where it is hidden."""


class Registry:
    """The layers of this application, filled by each domain's `layers.py` when the application is made.

    Whatever a door asks for has passed the governor: a hidden layer is not there, a hidden field is no field of it.
    """

    def __init__(self) -> None:
        self._layers: dict[str, Layer] = {}
        self._sources: list[LayerSource] = []
        self._opened: set[str] = set()
        self._governor: Governor | None = None

    def add(self, *layers: Layer) -> None:
        """Register layers; an id can be taken once."""
        for layer in layers:
            if layer.id in self._layers:
                raise ValueError(f"layer id {layer.id} is taken")
            self._layers[layer.id] = layer

    def add_source(self, source: LayerSource) -> None:
        """Look for further layers there, after the declared ones."""
        self._sources.append(source)

    def open_to_all(self, *layer_ids: str) -> None:
        """Show these declared layers to everyone, without a login."""
        unknown = set(layer_ids) - set(self._layers)
        if unknown:
            raise ValueError(f"there are no layers {sorted(unknown)}")
        self._opened |= set(layer_ids)

    def is_declared(self, layer_id: str) -> bool:
        """Whether an id belongs to a layer that the application declares."""
        return layer_id in self._layers

    def govern(self, governor: Governor) -> None:
        """Let it decide, from now on, what each viewer sees of each layer."""
        self._governor = governor

    def get(self, layer_id: str, viewer: Viewer) -> Layer:
        """A layer by id, as this viewer sees it; NotFound when there is none, or none for this viewer."""
        layer = self._layers.get(layer_id)
        if layer is not None and not layer.is_open_to(viewer):
            layer = None
        elif layer is None:
            layer = self._find(layer_id, viewer)
        found = None if layer is None else self._sight(viewer)(layer)
        if found is None:
            raise NotFound("There is no layer {id}.", id=layer_id)
        return found

    def public(self, layer_id: str, viewer: Viewer) -> Layer | None:
        """A layer that everyone may see without a login, as this viewer sees it."""
        layer = self._layers.get(layer_id) or self._find(layer_id, None)
        return self._sight(viewer)(layer) if layer is not None and self.is_public(layer) else None

    def all(self, viewer: Viewer) -> list[Layer]:
        """The viewer's layers in drawing order, lowest first."""
        declared = [one for one in self._layers.values() if one.is_open_to(viewer)]
        return self._seen(sorted([*declared, *self._others(viewer)], key=lambda one: one.order), viewer)

    def all_public(self, viewer: Viewer) -> list[Layer]:
        """Those that everyone may see without a login, as this viewer sees them."""
        every = [*self._layers.values(), *self._others(None)]
        return self._seen([one for one in every if self.is_public(one)], viewer)

    def every(self, viewer: Viewer) -> list[Layer]:
        """All layers as they are declared, whoever may see them: for the book of layers, never for a door to rows.

        Of those in the database, the ones that this viewer's rights open.
        """
        return sorted([*self._layers.values(), *self._others(viewer)], key=lambda one: one.order)

    def is_public(self, layer: Layer) -> bool:
        """Whether a layer is open to everyone, without a login."""
        return layer.is_public or layer.id in self._opened

    def _seen(self, layers: list[Layer], viewer: Viewer) -> list[Layer]:
        sight = self._sight(viewer)
        return [seen for one in layers if (seen := sight(one)) is not None]

    def _sight(self, viewer: Viewer) -> Callable[[Layer], Layer | None]:
        return (lambda layer: layer) if self._governor is None else self._governor.sight(viewer)

    def _find(self, layer_id: str, viewer: Viewer | None) -> Layer | None:
        return next((one for source in self._sources if (one := source.find(layer_id, viewer)) is not None), None)

    def _others(self, viewer: Viewer | None) -> list[Layer]:
        return [one for source in self._sources for one in source.all(viewer)]
