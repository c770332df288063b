"""What the API of places takes."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from grid.addresses import LENGTH_MAX, LIMIT_MAX


class SearchQuery(BaseModel):
    """What is looked for; with `lon` and `lat` the nearest of equally good answers come first."""

    q: str = Field(
        default="", max_length=LENGTH_MAX, description="Address, road, area or cell code; pinyin and initials too"
    )
    limit: int = Field(default=10, ge=1, le=LIMIT_MAX)
    lon: float | None = Field(default=None, ge=-180, le=180)
    lat: float | None = Field(default=None, ge=-90, le=90)


class ReverseQuery(BaseModel):
    """A point and the datum that its coordinates are given in."""

    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    datum: str = Field(default="wgs84", max_length=40, description="wgs84, cgcs2000, gcj02 or bd09")


class AreaQuery(BaseModel):
    """Which areas; without a day, those that hold now."""

    level: str | None = Field(default=None, max_length=40)
    parent: str | None = Field(default=None, max_length=40, description="Code of the area above; empty: the widest")
    on: date | None = Field(default=None, description="As of this day")


class IdPath(BaseModel):
    """The id in the path."""

    id: int = Field(ge=1, le=2**63 - 1)


class CellPath(BaseModel):
    """The code of a cell in the path."""

    code: str = Field(max_length=60)


class CellQuery(BaseModel):
    """As of which day."""

    model_config = ConfigDict(extra="ignore")

    on: date | None = Field(default=None, description="As of this day")
