"""What the residents' API takes in. Wrong values are named by field, never repeated."""

from __future__ import annotations

import enum
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.residents.models import DwellingUse, ResidenceKind, Sex

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Short = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]


class Purpose(enum.StrEnum):
    """Why a person's record is opened."""

    VERIFY = "verify"
    SERVICE = "service"
    EMERGENCY = "emergency"
    CASE = "case"
    CORRECTION = "correction"
    REQUEST = "request"
    OTHER = "other"


class ById(BaseModel):
    """A key in the path."""

    id: int = Field(ge=1)


class Residing(ById):
    """A person and one of their residences in the path."""

    residence_id: int = Field(ge=1)


class NewDwelling(BaseModel):
    """A dwelling inside a building; without a point it stands at a point inside the outline."""

    model_config = ConfigDict(extra="forbid")

    building_id: int
    entrance: Short | None = None
    floor: int | None = Field(default=None, ge=-9, le=200)
    room: Short
    use: DwellingUse = DwellingUse.UNKNOWN
    lon: float | None = Field(default=None, ge=-180, le=180)
    lat: float | None = Field(default=None, ge=-90, le=90)
    datum: str = Field(default="wgs84", max_length=40)


class NewResidence(BaseModel):
    """Moving in: where, as what, from which day."""

    model_config = ConfigDict(extra="forbid")

    dwelling_id: int
    kind: ResidenceKind = ResidenceKind.ACTUAL
    from_on: date


class NewResident(NewResidence):
    """A person to register at a dwelling. The number is optional: people without one exist."""

    name: Name
    sex: Sex | None = None
    birth_on: date | None = None
    number: str | None = Field(default=None, max_length=40)
    phone: str | None = Field(default=None, max_length=40)


class Leaving(BaseModel):
    """The first day on which the person is no longer there."""

    model_config = ConfigDict(extra="forbid")

    to_on: date


class Correction(BaseModel):
    """Facts to put right: only the fields that are sent."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    sex: Sex | None = None
    birth_on: date | None = None
    number: str | None = Field(default=None, max_length=40)
    phone: str | None = Field(default=None, max_length=40)


class Opening(BaseModel):
    """Why the record is opened; `note` is needed for other purposes. The note must hold no personal data."""

    model_config = ConfigDict(extra="forbid")

    purpose: Purpose
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""


class ResidentQuery(BaseModel):
    """Filters of the list, none of them personal: they stand in addresses and logs."""

    q: str = Field(default="", max_length=100, description="Words of an address or a building's name")
    area: str = Field(default="", max_length=40, description="Prefix of area codes")
    building_id: int | None = None
    dwelling_id: int | None = None
    kind: ResidenceKind = ResidenceKind.ACTUAL
    on: date | None = Field(default=None, description="The day looked at; today when left out")
    limit: int = Field(default=50, ge=1, le=200)
    after: str = Field(default="", max_length=400)


class PersonSearch(BaseModel):
    """A name (two signs or more) or a whole citizen number; in the body, so that it stands in no address or log."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(max_length=100)
    limit: int = Field(default=20, ge=1, le=50)
