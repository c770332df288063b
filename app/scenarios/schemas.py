"""What is asked of scenarios."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from app.scenarios.declared import CHANGES_MAX

Changes = list[dict[str, Any]]


class ScenarioIn(BaseModel):
    """A named what-if. Settings: kind, going, unit, limit, towards, cases_from, cases_to; see the guide for changes."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=200)
    note: str = Field(default="", max_length=2000)
    is_shared: bool = False
    settings: dict[str, Any]
    changes: Changes = Field(default=[], max_length=CHANGES_MAX)


class ScenarioChange(BaseModel):
    """Other values."""

    model_config = ConfigDict(extra="forbid")

    title: str | None = Field(default=None, min_length=1, max_length=200)
    note: str | None = Field(default=None, max_length=2000)
    is_shared: bool | None = None
    settings: dict[str, Any] | None = None
    changes: Changes | None = Field(default=None, max_length=CHANGES_MAX)


class ScenarioPath(BaseModel):
    """A scenario by its number."""

    id: int = Field(ge=1, lt=1 << 62)


class ScenarioRunPath(ScenarioPath):
    """A run of a scenario."""

    run: int = Field(ge=1, lt=1 << 62)


class ComparedIn(BaseModel):
    """Which scenarios to compare."""

    ids: str = Field(pattern=r"^[0-9]{1,18}(,[0-9]{1,18}){0,9}$", description="Two to four numbers with commas")

    def numbers(self) -> list[int]:
        """Them as numbers."""
        return [int(one) for one in self.ids.split(",")]
