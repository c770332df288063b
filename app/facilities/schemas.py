"""What the facilities' API takes in."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from app.facilities.models import FacilityKind
from grid.located import LocatedBy

Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]


class ById(BaseModel):
    """A key in the path."""

    id: int = Field(ge=1)


class NewFacility(BaseModel):
    """A facility at a point or over an area; it needs a name in one language at least."""

    model_config = ConfigDict(extra="forbid")

    kind: FacilityKind
    name_zh: Name = ""
    name_en: Name = ""
    geometry: dict[str, Any] = Field(description="GeoJSON Point, Polygon or MultiPolygon")
    datum: str = Field(default="wgs84", max_length=40)
    accuracy_m: float | None = Field(default=None, ge=0, le=100_000)
    located_by: LocatedBy = LocatedBy.MAP
    address_text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    capacity: int | None = Field(default=None, ge=0, le=1_000_000, description="Beds, places or persons, by kind")

    @model_validator(mode="after")
    def _named(self) -> NewFacility:
        if not (self.name_zh or self.name_en):
            raise ValueError("A facility needs a name.")
        return self


class FacilityChange(BaseModel):
    """What is to change: only the fields that are sent."""

    model_config = ConfigDict(extra="forbid")

    kind: FacilityKind | None = None
    name_zh: Name | None = None
    name_en: Name | None = None
    geometry: dict[str, Any] | None = None
    datum: str = Field(default="wgs84", max_length=40)
    address_text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] | None = None
    capacity: int | None = Field(default=None, ge=0, le=1_000_000)
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""


class FacilityQuery(BaseModel):
    """Filters of the list; several kinds are parted by commas."""

    kind: str = Field(default="", max_length=200)
    area: str = Field(default="", max_length=40, description="Prefix of area codes")
    q: str = Field(default="", max_length=100, description="Words of the name or address")
    bbox: str = Field(default="", max_length=120, description="west,south,east,north in degrees")
    limit: int = Field(default=50, ge=1, le=500)
    after: str = Field(default="", max_length=400)
