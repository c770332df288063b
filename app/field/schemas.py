"""What phones send: one model for each body and query."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.cases.schemas import CaseIn, MoveIn

YEAR_1970, YEAR_2200 = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
PhoneTime = Annotated[
    AwareDatetime, Field(ge=YEAR_1970, le=YEAR_2200, description="What the phone's clock said; it may be wrong")
]


class FromPhone(BaseModel):
    """What everything that a phone queues has in common."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    client_id: UUID = Field(description="Given by the phone; sent again under the same one, it counts once")
    made_at: PhoneTime
    sent_at: PhoneTime


class ReportIn(FromPhone):
    """A case logged on a phone."""

    case: CaseIn


class StepIn(FromPhone):
    """An act on a case done on a phone; `photos` are the client ids of photos sent before."""

    number: str = Field(max_length=40)
    move: MoveIn
    photos: list[UUID] = Field(default_factory=list, max_length=12)


class PhotoForm(BaseModel):
    """The fields beside a photo's file."""

    client_id: UUID
    report: UUID | None = Field(default=None, description="Client id of the report that it belongs to")
    made_at: PhoneTime | None = None
    sent_at: PhoneTime | None = None


class HereQuery(BaseModel):
    """Where the phone is; what it takes along is chosen around it."""

    lon: float | None = Field(default=None, ge=-180, le=180)
    lat: float | None = Field(default=None, ge=-90, le=90)


class ConsentIn(BaseModel):
    """Yes or no to being tracked."""

    model_config = ConfigDict(extra="forbid")

    given: bool


class PointIn(BaseModel):
    """One fix of a patrol, WGS 84."""

    model_config = ConfigDict(extra="forbid")

    number: int = Field(ge=0, le=1_000_000)
    at: PhoneTime
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    accuracy_m: float | None = Field(default=None, ge=0, le=100_000)


class TrackIn(BaseModel):
    """A batch of a patrol's points."""

    model_config = ConfigDict(extra="forbid")

    patrol: UUID
    started_at: PhoneTime
    ended_at: PhoneTime | None = None
    sent_at: PhoneTime
    points: list[PointIn] = Field(default_factory=list, max_length=500)


class DaysQuery(BaseModel):
    """How many days back."""

    days: int = Field(default=7, ge=1, le=90)
