"""What is asked of recipes."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

Steps = list[dict[str, Any]]


class RecipeIn(BaseModel):
    """A chain of steps under a name; each step names a layer or an earlier step in `of` (and `with`)."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,59}$")
    title: str = Field(default="", max_length=200)
    steps: Steps = Field(min_length=1, max_length=40)


class RecipeChange(BaseModel):
    """Another title, other steps."""

    model_config = ConfigDict(extra="forbid")

    title: str | None = Field(default=None, min_length=1, max_length=200)
    steps: Steps | None = Field(default=None, min_length=1, max_length=40)


class StepsIn(BaseModel):
    """Steps whose cost is asked for."""

    model_config = ConfigDict(extra="forbid")

    steps: Steps = Field(min_length=1, max_length=40)


class RecipePath(BaseModel):
    """A recipe by its number."""

    id: int = Field(ge=1, lt=1 << 62)


class RunPath(RecipePath):
    """A run of a recipe."""

    run: int = Field(ge=1, lt=1 << 62)


class FeaturePath(RecipePath):
    """A feature of the result."""

    feature: int = Field(ge=1, lt=1 << 62)
