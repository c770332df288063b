"""What the API of components takes."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.cases.schemas import Datum
from app.components.models import ComponentState
from app.web.paging import DEFAULT_LIMIT, MAX_LIMIT


class ComponentIn(BaseModel):
    """A component as it is surveyed."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    class_id: int = Field(description="A minor class of components")
    code: str | None = Field(default=None, max_length=40, description="Its code; made by the scheme when left out")
    lon: float
    lat: float
    datum: Datum = "wgs84"
    accuracy_m: float | None = Field(default=None, ge=0, le=100_000)
    located_by: Literal["map", "gnss", "address"] = "map"
    name_zh: str = Field(default="", max_length=200)
    name_en: str = Field(default="", max_length=200)
    state: ComponentState = ComponentState.INTACT
    in_charge: str | None = Field(default=None, max_length=200)
    owner: str | None = Field(default=None, max_length=200)
    maintainer: str | None = Field(default=None, max_length=200)
    data_source: Literal["surveyed", "reported", "drawings"] = "surveyed"
    first_recorded_on: date | None = None
    note: str = Field(default="", max_length=2000)


class StateIn(BaseModel):
    """A change of condition."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    state: ComponentState
    expected: ComponentState | None = Field(default=None, description="The condition that you saw")
    note: str = Field(default="", max_length=2000)


class ComponentQuery(BaseModel):
    """Filters of the list; several values of one filter are parted by commas."""

    model_config = ConfigDict(populate_by_name=True)

    state: str = ""
    class_: str = Field(default="", alias="class", description="Ids of major or minor classes")
    area: str = Field(default="", max_length=40, description="Code of an area, or the beginning of one")
    q: str = Field(default="", max_length=100, description="Code, name, class, address or body in charge")
    bbox: str = Field(default="", description="west,south,east,north in WGS 84 degrees")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    after: str = Field(default="", description="`next` of the page before")


class NearQuery(BaseModel):
    """Around which place to look for components, and of which class."""

    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    class_id: int | None = Field(default=None, description="A minor class, or a major one for all below it")
    radius_m: float = Field(default=50, gt=0, le=5000)
    limit: int = Field(default=20, ge=1, le=100)


class CodePath(BaseModel):
    """A component by its code."""

    code: str = Field(max_length=40)
