"""How somebody wants a layer drawn: what is kept of a style, before it is worked out over the rows of a viewer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from gis.errors import InvalidInput
from layers.classing import CLASSES_MAX, SCHEMES
from layers.layer import Field as LayerField
from layers.layer import Layer, Rate
from layers.ramps import NAMES, SQUARES

Kind = Literal["single", "category", "graduated", "bivariate", "heat", "cluster", "hexagons"]
Over = Literal["rows", "area", "cell"]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-f]{6}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Breaks = Annotated[tuple[float, ...], Field(max_length=CLASSES_MAX)]
AREA = "area"  # what a number of an area can be divided by, beside its fields: its size in km²
PEOPLE_KINDS = ("graduated",)


class Declared(BaseModel):
    """A style as it is kept.

    `field` (and `second`) name what colours; `per` divides it by another number of the row, or by ``area``. With `over`
    areas or cells are coloured by their `rate` of rows. `is_locked` keeps `breaks` (and `second_breaks`) whatever the
    rows are; otherwise they are worked out anew by `scheme` each time, except for ``user_defined``. `colours` are by
    value of a category, in the order of the legend.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    colour: Colour = "#1f6f8b"
    size_px: float = Field(default=6, ge=1, le=30)
    width_px: float = Field(default=1, ge=0, le=12)
    opacity: float = Field(default=0.85, ge=0.05, le=1)
    field: Name | None = None
    per: Name | None = None
    over: Over = "rows"
    level: Name | None = None
    rate: Rate = "per_km2"
    scheme: str = "fisher_jenks"
    classes: int = Field(default=5, ge=2, le=CLASSES_MAX)
    breaks: Breaks = ()
    is_locked: bool = False
    ramp: str = "YlOrRd"
    colours: dict[Annotated[str, StringConstraints(max_length=200)], Colour] = Field(default={}, max_length=40)
    second: Name | None = None
    second_per: Name | None = None
    second_breaks: Breaks = ()
    side_m: int = Field(default=250, ge=50, le=5_000)
    label: Name | None = None
    label_zoom: int = Field(default=14, ge=0, le=22)

    def fields(self) -> set[str]:
        """The names of the fields that it draws by."""
        return {one for one in (self.field, self.per, self.second, self.second_per, self.label) if one is not None}


def known_names(layer: Layer) -> set[str]:
    """All that a style of the layer may name: its fields, pairs of them for a label, and its size."""
    names = {one.name for one in layer.fields}
    pairs = {name.removesuffix("_zh") for name in names if f"{name.removesuffix('_zh')}_en" in names}
    return names | pairs | {AREA}


def read_declared(given: Any) -> Declared:
    """A style from what came as JSON; InvalidInput names the part that is wrong."""
    try:
        return Declared.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "style"
        raise InvalidInput(
            "The part {part} of the style can't be taken: {reason}", field=where, part=where, reason=first["msg"]
        ) from error


def check(layer: Layer, given: Declared) -> None:
    """InvalidInput where the layer can't be drawn so: a field that it lacks, or people one by one."""
    if layer.floor is not None and (given.kind not in PEOPLE_KINDS or given.over == "rows" or given.label):
        raise InvalidInput("{layer} is shown as counts by cell or area only.", field="kind", layer=layer.title)
    if layer.floor is not None and given.rate == "per_1000":
        raise InvalidInput("People are not divided by residents.", field="rate")
    if given.kind in ("graduated", "hexagons", "bivariate") and given.scheme not in SCHEMES:
        raise InvalidInput("There is no classing scheme {scheme}.", field="scheme", scheme=given.scheme)
    known = SQUARES if given.kind == "bivariate" else NAMES
    if given.kind in ("graduated", "bivariate", "heat", "hexagons") and given.ramp not in known:
        raise InvalidInput("There is no colour ramp {name}.", field="ramp", name=given.ramp)
    for name, part in _numbers_of(given):
        _number(layer, name, part, may_be_area=part.endswith("per"))
    if given.kind == "category":
        field = _drawn_field(layer, given.field, "field")
        if field.kind == "time":
            raise InvalidInput("{name} has no values to colour by.", field="field", name=field.title)
    if given.label is not None and not _is_label(layer, given.label):
        _drawn_field(layer, given.label, "label")


def _is_label(layer: Layer, label: str) -> bool:
    """A label may name a pair of fields, one for each language."""
    return {f"{label}_zh", f"{label}_en"} <= {field.name for field in layer.fields if field.in_tile}


def _numbers_of(given: Declared) -> list[tuple[str | None, str]]:
    if given.kind == "graduated" and given.over == "rows":
        wanted = [(given.field, "field"), *([(given.per, "per")] if given.per else [])]
    elif given.kind == "bivariate":
        wanted = [(given.field, "field"), (given.second, "second")]
        wanted += [(given.per, "per")] if given.per else []
        wanted += [(given.second_per, "second_per")] if given.second_per else []
    else:
        wanted = []
    return wanted


def _number(layer: Layer, name: str | None, part: str, *, may_be_area: bool) -> None:
    if name == AREA and may_be_area:
        if layer.geometry == "POLYGON":
            return
        raise InvalidInput("Only areas can be divided by their size.", field=part)
    if _drawn_field(layer, name, part).kind != "number":
        raise InvalidInput("{name} is no number.", field=part, name=name)


def _drawn_field(layer: Layer, name: str | None, part: str) -> LayerField:
    """A field that tiles carry: others can't be drawn."""
    found = next((field for field in layer.fields if field.name == name and field.in_tile), None)
    if found is None:
        raise InvalidInput("The layer {layer} has no field {name} to draw.", field=part, layer=layer.id, name=name)
    return found
