"""What is asked of styles."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class StylePath(BaseModel):
    """A style by id."""

    style_id: int


class LayerPath(BaseModel):
    """The layer in an address."""

    layer_id: str = Field(max_length=64)


class StylesQuery(BaseModel):
    """Of which layer."""

    layer: str | None = Field(default=None, max_length=64)


class StyleIn(BaseModel):
    """A style to keep."""

    model_config = ConfigDict(extra="forbid")

    layer: str = Field(max_length=64)
    title: str = Field(max_length=400)
    shared: bool = Field(default=False, description="For everyone who may see the layer")
    declared: dict[str, Any] = Field(description="How it is drawn: kind, field, colours, classes …")


class StyleChange(BaseModel):
    """What changes of a style; the rest stays."""

    model_config = ConfigDict(extra="forbid")

    title: str | None = Field(default=None, max_length=400)
    shared: bool | None = None
    declared: dict[str, Any] | None = None


class TriedIn(BaseModel):
    """A style to try on a layer without keeping it."""

    model_config = ConfigDict(extra="forbid")

    declared: dict[str, Any]
    theme: str | None = None
    lang: str | None = None
