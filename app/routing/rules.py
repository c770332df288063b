"""A routing rule as a value: what it asks of a case, and which department it answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import shapely
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from app.clocks.calendars import BadCalendar, Span
from app.routing.errors import RuleWrong
from app.web.reasons import reason_of

Source = Annotated[str, Field(pattern=r"^(inspector|hotline|public|sensor|video|department|import)$")]
Text = Annotated[str, Field(min_length=1, max_length=120)]
PARTIAL = ("hours", "weekdays", "from_on", "to_on", "owners", "sources")  # fit a case now and then, not a place


class Rule(BaseModel):
    """One rule. What is left empty fits every case; `to_on` is the last day.

    `classes` are ``scheme kind code`` and hold for all classes below; `areas` are beginnings of area codes; `polygon`
    is a GeoJSON Polygon or MultiPolygon in WGS 84; `hours` are spans of the city's wall clock; `owners` are who is in
    charge of the case's component.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)

    name: str = Field(default="", max_length=80)
    classes: list[Text] = Field(default_factory=list, max_length=500)
    areas: list[Annotated[str, Field(min_length=1, max_length=40)]] = Field(default_factory=list, max_length=500)
    polygon: dict[str, Any] | None = None
    hours: list[Annotated[str, Field(max_length=20)]] = Field(default_factory=list, max_length=6)
    weekdays: list[Annotated[int, Field(ge=1, le=7)]] = Field(default_factory=list, max_length=7)
    from_on: date | None = None
    to_on: date | None = None
    owners: list[Text] = Field(default_factory=list, max_length=50)
    sources: list[Source] = Field(default_factory=list, max_length=7)
    department: Text
    team: Annotated[str, Field(min_length=1, max_length=40)] | None = None

    @field_validator("polygon")
    @classmethod
    def _is_ground(cls, given: dict[str, Any] | None) -> dict[str, Any] | None:
        if given is not None:
            ground_of(given)
        return given

    @field_validator("hours")
    @classmethod
    def _are_spans(cls, given: list[str]) -> list[str]:
        try:
            return [str(Span.parse(one)) for one in given]
        except BadCalendar as error:
            raise RuleWrong(error.template, field="hours", **error.places) from error

    @property
    def is_partial(self) -> bool:
        """Whether it depends on more than class and place."""
        return any(getattr(self, name) for name in PARTIAL)

    @property
    def ground(self) -> BaseGeometry | None:
        """The polygon, prepared."""
        return None if self.polygon is None else ground_of(self.polygon)

    @property
    def answer(self) -> tuple[str, str | None]:
        """Department and team."""
        return self.department, self.team


def ground_of(given: Mapping[str, Any]) -> BaseGeometry:
    """A GeoJSON polygon as a prepared shape in degrees; RuleWrong."""
    try:
        found = shape(dict(given))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, shapely.errors.ShapelyError) as error:
        raise RuleWrong("The polygon is no GeoJSON geometry.", field="polygon") from error
    if found.geom_type not in ("Polygon", "MultiPolygon") or found.is_empty:
        raise RuleWrong("The polygon must be a Polygon or MultiPolygon.", field="polygon")
    west, south, east, north = found.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise RuleWrong("Coordinates are longitude and latitude in degrees.", field="polygon")
    if not found.is_valid:
        raise RuleWrong("The border of the polygon crosses itself.", field="polygon")
    shapely.prepare(found)
    return found


def read(facts: Mapping[str, Any], position: int = 0) -> Rule:
    """A rule from what was given; RuleWrong names position and field."""
    try:
        rule = Rule.model_validate(facts)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        raise RuleWrong(
            "Rule {position}, {name}: {reason}", field=field, position=position, name=field, reason=reason_of(first)
        ) from error
    if rule.from_on and rule.to_on and rule.to_on < rule.from_on:
        raise RuleWrong("Rule {position}: the last day comes before the first.", field="to_on", position=position)
    return rule
