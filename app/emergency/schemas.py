"""What the events' API takes in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from app.emergency.models import EventLevel, EventStatus
from grid.located import LocatedBy

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=120)]
LongText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=5_000)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)  # before it nothing happened that still matters


class EventNumber(BaseModel):
    """The number in the path."""

    number: str = Field(max_length=20)


class NewEvent(BaseModel):
    """An event to open: class, title and a zone; the rest can follow."""

    model_config = ConfigDict(extra="forbid")

    class_id: int
    title: Title
    geometry: dict[str, Any] = Field(description="GeoJSON Point, LineString or Polygon")
    datum: str = Field(default="wgs84", max_length=40)
    accuracy_m: float | None = Field(default=None, ge=0, le=100_000)
    located_by: LocatedBy = LocatedBy.MAP
    level: EventLevel | None = None
    happened_at: AwareDatetime | None = Field(default=None, ge=EARLIEST)
    description: LongText = ""


class EventChange(BaseModel):
    """What is to change: only the fields that are sent. `level` null takes the level away."""

    model_config = ConfigDict(extra="forbid")

    class_id: int | None = None
    title: Title | None = None
    geometry: dict[str, Any] | None = None
    datum: str = Field(default="wgs84", max_length=40)
    level: EventLevel | None = None
    status: EventStatus | None = None
    description: LongText | None = None
    note: Note = ""


class EventQuery(BaseModel):
    """Filters of the list; times are ISO 8601 and bound `happened_at`, from ≤ time < to."""

    status: str = Field(default="", description="One or more states, comma between")
    level: str = Field(default="", description="One or more of I, II, III, IV, none; comma between")
    class_id: int | None = Field(default=None, alias="class", description="A class; those below it count too")
    area: str = Field(default="", max_length=40, description="Prefix of area codes")
    from_at: datetime | None = Field(default=None, alias="from")
    to_at: datetime | None = Field(default=None, alias="to")
    q: str = Field(default="", max_length=200)
    bbox: str = Field(default="", max_length=120, description="west,south,east,north in degrees")
    limit: int = Field(default=50, ge=1, le=500)
    after: str = Field(default="", max_length=400)

    model_config = ConfigDict(populate_by_name=True)


class ClassQuery(BaseModel):
    """Search among the classes."""

    q: str = Field(default="", max_length=100)


class InsideQuery(BaseModel):
    """What lies inside: for a point or a line, within this many metres of it."""

    radius_m: float = Field(default=100, gt=0, le=5_000)
