"""What is asked of the dispatch board."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

STOPS_MAX = 50
Order = Literal["shortest", "due"]


class PositionIn(BaseModel):
    """Where a team is, WGS 84."""

    model_config = ConfigDict(extra="forbid")

    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    accuracy_m: float | None = Field(default=None, ge=0, le=100_000)
    at: AwareDatetime | None = Field(default=None, description="When it was there, if not now")


class TeamPath(BaseModel):
    """A team by code."""

    code: str = Field(max_length=60)


class NearestQuery(BaseModel):
    """For which case."""

    case: str = Field(max_length=40)
    limit: int = Field(default=5, ge=1, le=50)


class RouteIn(BaseModel):
    """The stops of a team; without `save` the order is only told."""

    model_config = ConfigDict(extra="forbid")

    team: str = Field(max_length=60)
    cases: list[str] = Field(min_length=1, max_length=STOPS_MAX)
    order: Order = "shortest"
    save: bool = False
