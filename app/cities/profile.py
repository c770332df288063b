"""City profiles: `data/cities/<id>/profile.toml`, checked by one schema. No city's name stands in code."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.settings import PROJECT
from gis.errors import InvalidInput, NotFound

CITIES = PROJECT / "data" / "cities"


class Part(BaseModel):
    """A table of the profile; unknown keys are errors, so a misspelt one is found."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CityFacts(Part):
    """Names, frame and habits of the city. `crs_epsg` is the city's projected CRS in metres."""

    id: str
    name_zh: str
    name_en: str
    language: Literal["zh", "en"]
    time_zone: str
    crs_epsg: int
    levels: tuple[str, ...]
    cell_scheme: str
    cell_target_m2: float = Field(gt=0)
    snap_m: float = Field(ge=0, le=300)
    is_demo: bool = False


class WorkHours(Part):
    """Hours of the default work calendar, such as ``08:00-12:00``; none: those that come with the platform."""

    hours: tuple[str, ...] = ()


class File(Part):
    """A file of the source folder and the datum its coordinates are in."""

    file: str
    datum: str = "wgs84"


class Areas(File):
    """Areas of one level. `code`, `name_zh`, `name_en` are templates over the file's columns: ``{WARD:0>2}``."""

    level: str
    code: str
    name_zh: str
    name_en: str
    parent_digits: int | None = None


class AreaCodes(Part):
    """Official codes and names of areas whose borders are not known."""

    file: str
    level: str
    code: str = "code"
    name_zh: str = "name"
    parent_digits: int


class Lines(File):
    """Roads or rails. `road_class` is a template, looked up in `classes` where it stands there."""

    name_zh: str = ""
    name_en: str = ""
    road_class: str = "residential"
    classes: dict[str, str] = {}
    external_id: str = ""


class Grounds(File):
    """Water, green and other ground of one kind."""

    kind: Literal["water", "green", "block"]
    name_zh: str = ""
    name_en: str = ""


class Outlines(File):
    """Buildings. Templates over the columns; `floors` and `height_m` may be empty."""

    external_id: str
    name_en: str = ""
    use: str = ""
    floors: str = ""
    height_m: str = ""
    height_factor: float = 1.0
    uses: dict[str, str] = {}


class AddressPoints(File):
    """Address points: `text` is the whole address; road and number are read from it."""

    kind: Literal["door", "intersection", "poi"]
    external_id: str
    text: str
    strip: str = ""


class FacilityPoints(File):
    """Facilities of one kind from one file."""

    kind: str
    external_id: str = "{#}"
    name: str = ""
    address: str = ""
    capacity: str = ""
    where: dict[str, str] = {}


class ComponentPoints(File):
    """Components of one class from one file."""

    class_code: str
    external_id: str = "{#}"
    name: str = ""
    owner: str = ""


class LocalClass(Part):
    """A class of the city's own catalogue."""

    kind: Literal["component", "event"]
    code: str
    parent: str | None = None
    name_zh: str
    name_en: str


class LocalCatalogue(Part):
    """The city's own catalogue: classes written here, or read from a file of two levels and a department.

    Where the file names a class several times, the row that is highest in the column `weight` speaks for it.
    """

    scheme: str
    version: str = "1"
    title_zh: str
    title_en: str
    classes: tuple[LocalClass, ...] = ()
    file: str | None = None
    major: str = ""
    minor: str = ""
    department: str = ""
    weight: str = ""
    extra: dict[str, str] = {}


class AddressKeys(Part):
    """How records name a known address: by the value of a column, a template of the address's external id."""

    column: str
    keys: dict[str, str]


class RecordedCases(Part):
    """Recorded cases and which column holds what."""

    file: str
    scheme: str
    columns: dict[str, str]
    statuses: dict[str, str]
    sources: dict[str, str]
    on_time: dict[str, bool]
    system: str
    address_keys: AddressKeys | None = None


class RecordedEvents(Part):
    """Recorded events of one kind.

    `date_from_order` rebuilds days from month, weekday and the order of rows. `words` says values of a column in words.
    """

    file: str
    datum: str = "wgs84"
    system: str
    number_prefix: str
    external_id: str
    class_code: str
    scheme: str = "NEWS"
    title: str
    happened_at: str = ""
    date_from_order: int | None = None
    keep: tuple[str, ...] = ()
    words: dict[str, dict[str, str]] = {}


class Creek(Part):
    """A creek along the border between some streets and the rest."""

    name_zh: str
    name_en: str
    south_of: tuple[str, ...]
    width_m: float


class InventedEvent(Part):
    """An invented emergency: class, place, shape, and its hours before the present."""

    class_code: str
    title_zh: str
    title_en: str
    level: Literal["I", "II", "III", "IV"]
    street: str
    shape: Literal["point", "line", "area"]
    size_m: float = 0
    hours_ago: float
    ended_hours_ago: float | None = None


class Invented(Part):
    """What is invented inside the real outline, and how much of it at scale 1."""

    areas_file: str
    case_scheme: str
    seed: int
    residents: int
    cases: int
    days: int
    outcome: str
    street_places: dict[str, tuple[float, float]]
    creek: Creek
    events: tuple[InventedEvent, ...] = ()


class Profile(Part):
    """A whole profile, and the folder that its own files lie in."""

    folder: Path
    city: CityFacts
    boundary: File
    departments: dict[str, tuple[str, str]] = {}
    calendar: WorkHours = WorkHours()
    catalogues: tuple[str, ...] = ()
    local_catalogue: LocalCatalogue | None = None
    invented: Invented | None = None
    areas: tuple[Areas, ...] = ()
    area_codes: tuple[AreaCodes, ...] = ()
    roads: tuple[Lines, ...] = ()
    grounds: tuple[Grounds, ...] = ()
    buildings: tuple[Outlines, ...] = ()
    addresses: tuple[AddressPoints, ...] = ()
    facilities: tuple[FacilityPoints, ...] = ()
    components: tuple[ComponentPoints, ...] = ()
    cases: RecordedCases | None = None
    events: tuple[RecordedEvents, ...] = ()
    attribution: str = ""


def known() -> list[str]:
    """The ids of all profiles."""
    return sorted(file.parent.name for file in CITIES.glob("*/profile.toml"))


def read(profile_id: str) -> Profile:
    """A profile by id; NotFound lists those there are, InvalidInput names what is wrong in the file."""
    file = CITIES / profile_id / "profile.toml"
    if profile_id not in known():
        raise NotFound("There is no city profile {id}. There are: {known}.", id=profile_id, known=", ".join(known()))
    try:
        return Profile.model_validate({"folder": file.parent, **tomllib.loads(file.read_text(encoding="utf-8"))})
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput("The profile {file} is wrong: {reason}", file=str(file), reason=str(error)) from error
