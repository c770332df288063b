"""What the API of routing takes."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.routing.replay import DAYS, DAYS_MAX

VERSION = Field(default="", max_length=12, description="draft, active or a number; the draft if there is one")


class VersionQuery(BaseModel):
    """A version of the rules."""

    version: str = VERSION


class RulesIn(BaseModel):
    """All rules of the draft in their order, and the revision that the change was made on."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    rules: list[dict[str, Any]] = Field(max_length=500, description="Each as `GET` gives it")
    note: str = Field(default="", max_length=400)
    revision: int | None = None
    activate: bool = Field(default=False, description="Put it in force at once")


class ExplainQuery(BaseModel):
    """A case by its number, or a class at a place."""

    case: str = Field(default="", max_length=40)
    class_id: int | None = Field(default=None, ge=1, le=1 << 62)
    lon: float | None = Field(default=None, ge=-180, le=180)
    lat: float | None = Field(default=None, ge=-90, le=90)
    source: str = Field(default="inspector", pattern=r"^(inspector|hotline|public|sensor|video|department|import)$")
    at: AwareDatetime | None = None
    version: str = Field(default="active", max_length=12, description="active, draft or a number")


class ReplayQuery(VersionQuery):
    """What to play, and whose cases to list."""

    days: int = Field(default=DAYS, ge=1, le=DAYS_MAX)
    rule: int | None = Field(default=None, ge=0, le=500, description="List this rule's cases; 0: those none fits")
    class_id: int | None = Field(default=None, ge=1, le=1 << 62)
    elsewhere: bool = Field(default=False, description="Only those that went to another department")
    limit: int = Field(default=50, ge=1, le=500)
    offset: int = Field(default=0, ge=0, le=500_000)
