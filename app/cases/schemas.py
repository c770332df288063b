"""What the API of cases takes: one model for each body and query."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.cases.models import CaseSource, ClassKind
from app.web.paging import DEFAULT_LIMIT, MAX_LIMIT

Lon = Annotated[float, Field(description="Longitude in degrees, or easting in metres of a projected datum")]
Lat = Annotated[float, Field(description="Latitude in degrees, or northing in metres of a projected datum")]
Datum = Annotated[
    str,
    Field(max_length=20, pattern=r"^(?i:wgs84|cgcs2000|gcj02|bd09|EPSG:\d{4,6})$",
          description="What the coordinates were given in: wgs84, cgcs2000, gcj02, bd09 or EPSG:n"),
]  # fmt: skip


EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)  # before it nothing was seen that still waits


class CaseIn(BaseModel):
    """A case as somebody logs it."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    class_id: int = Field(description="A minor class of the catalogue")
    lon: Lon
    lat: Lat
    datum: Datum = "wgs84"
    accuracy_m: float | None = Field(default=None, ge=0, le=100_000, description="Radius of the fix in metres")
    located_by: Literal["map", "gnss", "address", "component"] = "map"
    address_id: int | None = None
    component_id: int | None = None
    description: str = Field(default="", max_length=4000)
    photo_keys: list[str] = Field(default_factory=list, max_length=12)
    source: CaseSource | None = None
    reported_at: AwareDatetime | None = Field(
        default=None, ge=EARLIEST, description="When it was seen; now when left out"
    )
    seen_at: AwareDatetime | None = Field(
        default=None, ge=EARLIEST, description="When it was seen, where it is reported later; no limit runs from it"
    )


class MoveIn(BaseModel):
    """One act on a case."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    act: str = Field(max_length=40, description="What is done: one of the case's `acts`")
    answers: dict[str, Any] = Field(default_factory=dict, description="What the act's form asks for, by name")
    note: str = Field(default="", max_length=4000)
    revision: int | None = Field(default=None, description="The revision that you saw: 409 when it is no longer so")
    lon: float | None = Field(default=None, ge=-180, le=180, description="Where you stand, WGS 84")
    lat: float | None = Field(default=None, ge=-90, le=90)


class AnswerIn(BaseModel):
    """The answer to what was asked for."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    answer: Literal["grant", "refuse", "withdraw"]
    reply: str = Field(default="", max_length=4000)


class RequestPath(BaseModel):
    """A request of a case."""

    number: str = Field(max_length=40)
    request_id: int


class AsOfQuery(BaseModel):
    """A past moment."""

    at: AwareDatetime


class CaseQuery(BaseModel):
    """Filters of the list; several values of one filter are parted by commas.

    Days are those of the city, `today` and `yesterday` among them; a day as an end is included.
    """

    model_config = ConfigDict(populate_by_name=True)

    status: str = Field(
        default="", description="Statuses; `open`: all that are not over; `mine`: where it is my role's turn; `all`"
    )
    class_: str = Field(default="", alias="class", description="Ids of major or minor classes")
    source: str = ""
    kind: ClassKind | None = None
    clock: Literal["", "on_time", "due_soon", "overdue", "trebled"] = Field(
        default="", description="`trebled`: overdue, and three times the limit has passed"
    )
    area: str = Field(default="", max_length=40, description="Code of an area, or the beginning of one")
    cell: str = Field(default="", max_length=40, description="Code of a unit cell")
    department: str = Field(default="", max_length=2000, description="Departments as records hold them")
    overseen: Literal["", "yes", "no"] = Field(default="", description="Whether an oversight waits for its answer")
    since: str = Field(default="", alias="from", description="Reported from this moment or day on (ISO 8601)")
    until: str = Field(default="", alias="to", description="Reported before this moment, or until the end of this day")
    due_from: str = Field(default="", description="Due from this moment or day on")
    due_to: str = Field(default="", description="Due before this moment, or until the end of this day")
    closed_from: str = Field(default="", description="Closed from this moment or day on")
    closed_to: str = Field(default="", description="Closed before this moment, or until the end of this day")
    red_in: int | None = Field(default=None, ge=1, le=24, description="The clock runs out within so many hours")
    q: str = Field(default="", max_length=100, description="Number, words of the description, class or address")
    bbox: str = Field(default="", description="west,south,east,north in WGS 84 degrees")
    mine: Literal["", "1"] = Field(default="", description="1: of my posts' duty cells, and of cells without a post")
    within: str = Field(
        default="", max_length=40_000, description="A polygon or multipolygon: short text, WKT or GeoJSON, WGS 84"
    )
    located: Literal["", "truly", "default"] = Field(default="", description="truly located, or on the default point")
    order: Literal["", "newest", "due"] = Field(default="", description="newest report first, or what falls due first")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    after: str = Field(default="", description="`next` of the page before")

    @property
    def sorted_by(self) -> str:
        """The order in force: the queue of one's own turn begins with what falls due first."""
        return self.order or ("due" if self.status.strip() == "mine" or self.red_in else "newest")


class ForecastQuery(CaseQuery):
    """The filter of the queue, and how far to look ahead."""

    hours: int = Field(default=2, ge=1, le=24)


class BulkIn(BaseModel):
    """One act on many cases, each by itself."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    act: str = Field(max_length=40)
    numbers: list[Annotated[str, Field(max_length=40)]] = Field(min_length=1, max_length=20_000)
    answers: dict[str, Any] = Field(default_factory=dict, description="What the act's form asks for, by name")
    note: str = Field(default="", max_length=4000)
    preview: bool = Field(default=False, description="Tell what would happen to each; nothing is done")
    revisions: dict[str, int] = Field(default_factory=dict, description="By number the revision that you saw")


class BatchPath(BaseModel):
    """A bulk act by its id."""

    batch: str = Field(max_length=40)


class ViewPath(BaseModel):
    """A saved view."""

    id: int


class ViewIn(BaseModel):
    """A filter of the queue to keep under a name."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name_zh: str = Field(default="", max_length=60)
    name_en: str = Field(default="", max_length=60, description="One of the two names will do")
    query: str = Field(max_length=40_000, description="The address of the queue after `?`")
    role: str | None = Field(default=None, max_length=40, description="Share it with this role; `all`: with every role")


class NearQuery(BaseModel):
    """Around which place to look for open cases, and of which class."""

    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    class_id: int | None = Field(default=None, description="A minor class, or a major one for all below it")
    radius_m: float = Field(default=100, gt=0, le=5000)
    limit: int = Field(default=20, ge=1, le=100)


class TasksQuery(BaseModel):
    """How many tasks."""

    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)


class DoublesQuery(BaseModel):
    """A case about to be logged: what, where, when, on which component and in which words."""

    model_config = ConfigDict(populate_by_name=True)

    class_: int | None = Field(
        default=None, alias="class", description="A class of the catalogue; without one every case near by is told"
    )
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    at: AwareDatetime | None = Field(default=None, ge=EARLIEST, description="When it was seen; now when left out")
    component: int | None = None
    text: str = Field(default="", max_length=4000)
    limit: int = Field(default=10, ge=1, le=50)


class NumberPath(BaseModel):
    """A case by its number."""

    number: str = Field(max_length=40)


class CatalogueQuery(BaseModel):
    """What to look for in the catalogue."""

    kind: ClassKind | None = None
    q: str = Field(default="", max_length=60)
