"""What is asked of kept views, prints, atlases and embedded maps."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.printing.frame import SCALES
from app.printing.view import QUERY_MAX

Query = Annotated[str, StringConstraints(max_length=QUERY_MAX)]
Degrees = Annotated[float, Field(allow_inf_nan=False)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120, pattern=r"^[^\x00-\x1f]*$")]


class ViewIn(BaseModel):
    """The address of a map."""

    model_config = ConfigDict(extra="forbid")

    query: Query = Field(description="What stands behind the question mark of the map's address")
    fixed: bool = Field(default=False, description="Make a relative span of time (the last 7 days) a fixed one")


class CodePath(BaseModel):
    """The code of a kept view."""

    code: str = Field(max_length=40)


class AtlasIn(BaseModel):
    """A page for each of these units."""

    model_config = ConfigDict(extra="forbid")

    by: Literal["area", "cell", "duty"] = "area"
    level: str | None = Field(default=None, max_length=40, description="Level of areas; the finest if not given")
    area: str | None = Field(default=None, max_length=40, description="Only units under this code prefix")


class PrintIn(BaseModel):
    """A sheet, or with `atlas` a book of them."""

    model_config = ConfigDict(extra="forbid")

    query: Query = Field(description="What stands behind the question mark of the map's address")
    paper: Literal["A4", "A3"] = "A4"
    orientation: Literal["landscape", "portrait"] = "landscape"
    scale: int | None = Field(
        default=None, description=f"1 : one of {', '.join(map(str, SCALES))}; fitted if not given"
    )
    center: tuple[Degrees, Degrees] | None = Field(
        default=None, description="Longitude, latitude; the address's if none"
    )
    box: tuple[Degrees, Degrees, Degrees, Degrees] | None = Field(
        default=None, description="west, south, east, north in degrees to fit, where no scale is given"
    )
    title: Title = ""
    subtitle: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f]*$")] = ""
    lang: Literal["zh", "en"] = "zh"
    atlas: AtlasIn | None = None


class FrameQuery(BaseModel):
    """What would stand on a sheet."""

    paper: Literal["A4", "A3"] = "A4"
    orientation: Literal["landscape", "portrait"] = "landscape"
    scale: int | None = None
    center: str | None = Field(default=None, max_length=60, description="lon,lat")
    box: str | None = Field(default=None, max_length=120, description="west,south,east,north in degrees")


class PagesQuery(BaseModel):
    """The units of an atlas."""

    by: Literal["area", "cell", "duty"] = "area"
    level: str | None = Field(default=None, max_length=40)
    area: str | None = Field(default=None, max_length=40)


class PrintPath(BaseModel):
    """A print by its key."""

    key: str = Field(max_length=64)


class EmbedIn(BaseModel):
    """A map for other sites, with a right of its own."""

    model_config = ConfigDict(extra="forbid")

    query: Query
    title: Title = ""
    layers: list[Annotated[str, StringConstraints(max_length=64)]] = Field(max_length=30)
    areas: list[Annotated[str, StringConstraints(max_length=40)]] = Field(
        default=[], max_length=50, description="Code prefixes; the maker's own areas if none is given"
    )
    origins: list[Annotated[str, StringConstraints(max_length=200)]] = Field(
        min_length=1, max_length=20, description="Sites that may show it, like https://intranet"
    )
    days: int = Field(default=90, ge=1, le=366)


class EmbedPath(BaseModel):
    """An embedded map by its number."""

    id: int = Field(ge=1, lt=1 << 62)
