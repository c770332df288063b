"""What the doors to the layers are asked with; filters (``f.<field>=…``) come beside these, for the layer to read."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LayerPath(BaseModel):
    """The layer in an address."""

    layer_id: str = Field(max_length=64)


class RowPath(LayerPath):
    """One row of a layer."""

    row_id: int


class TilePath(LayerPath):
    """One tile; the parts are read as text, so that a broken one is answered with its reason."""

    z: str
    x: str
    y: str


class Narrowed(BaseModel):
    """Arguments of every filter; further ones named ``f.<field>`` are allowed."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    from_: str | None = Field(default=None, alias="from", description="Day or moment (ISO 8601) on the layer's time")
    to: str | None = Field(default=None, description="Day (included) or moment (not included)")
    area: str | None = Field(default=None, description="Code prefix of an area")
    q: str | None = Field(default=None, description="Words that stand in the row's texts")
    datetime: str | None = Field(default=None, description="A past moment or day: the rows as they stood at its end")


class FeatureQuery(Narrowed):
    """A page of features."""

    bbox: str | None = Field(default=None, description="west,south,east,north in degrees")
    limit: int = Field(default=100, ge=1, le=10_000)
    after: str | None = Field(default=None, description="Cursor of the page before")
    order: Literal["oldest", "newest"] = Field(default="oldest", description="By id; or by time, the latest first")


class CountQuery(Narrowed):
    """Counts by unit."""

    by: Literal["area", "cell"] = "area"
    level: str | None = Field(default=None, description="Level of areas; the finest if not given")
    geometry: bool = Field(default=False, description="1: a GeoJSON FeatureCollection with outlines")
    bbox: str | None = Field(default=None, description="Only units that touch west,south,east,north")
    people: bool = Field(default=False, description="1: with the residents of each unit, and the rate of 1,000 of them")


class StyledQuery(Narrowed):
    """Under a filter, and in a style that is kept."""

    style: int | None = Field(default=None, description="Id of a kept style; the layer's own look without one")
    breaks: str | None = Field(
        default=None,
        max_length=500,
        description="Upper ends of classes that a kept style has instead of its own, `10,50`; of two numbers `1,2;5,9`",
    )


class TallyQuery(StyledQuery):
    """Counts for a chart, in the colours of a kept style."""

    by: str = Field(
        default="area", max_length=120, description="`field:<name>`, `day`, `area:<level>`, `area` or `cell`"
    )
    bbox: str | None = Field(default=None, description="Only rows that touch west,south,east,north")


class HexagonQuery(Narrowed):
    """Hexagons that hold rows."""

    side_m: int = Field(default=250, description="Metres on the ground, 50 to 5,000")


class BaseStyleQuery(BaseModel):
    """The base map for a theme and a language."""

    theme: str | None = None
    lang: str | None = None


class StyleQuery(StyledQuery):
    """A style for a theme and a language. A kept style is worked out over the rows under the filter."""

    theme: str | None = None
    lang: str | None = None


class MapQuery(StyledQuery):
    """A thematic map as one file; in a kept style it follows that, and not `by` to `breaks`."""

    by: Literal["area", "cell"] = "area"
    level: str | None = None
    scheme: str = "fisher_jenks"
    classes: int = Field(default=5, ge=1, le=9)
    rate: Literal["per_km2", "count"] = "per_km2"
    ramp: str = "YlOrRd"
    breaks: str | None = Field(
        default=None, max_length=500, description="Upper ends of classes for scheme user_defined, or of a kept style"
    )
    lang: str | None = None
    title: str | None = Field(default=None, max_length=200)


class ExportQuery(Narrowed):
    """A file of rows."""

    format: str = "geojson"
