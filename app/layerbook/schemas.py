"""What is asked of the book of layers."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from app.layerbook.models import Says


class LayerPath(BaseModel):
    """The layer in an address."""

    layer_id: str = Field(max_length=64)


class CatalogueQuery(BaseModel):
    """What one looks for."""

    q: str = Field(default="", max_length=200, description="Words, all of which are to stand in it")
    theme: str = Field(default="", max_length=60)
    favourites: bool = Field(default=False, description="Only those that you keep at hand")


class WordsIn(BaseModel):
    """What is said of a layer; what is left out stays, an empty text brings back what is declared."""

    model_config = ConfigDict(extra="forbid")

    title: str | None = Field(default=None, description="Of an uploaded layer, which has one title")
    title_zh: str | None = None
    title_en: str | None = None
    about_zh: str | None = None
    about_en: str | None = None
    source: str | None = None
    owner: str | None = None
    licence: str | None = None
    as_of: str | None = Field(default=None, description="What time the data are of")
    crs: str | None = None
    quality: str | None = None

    def said(self) -> dict[str, str]:
        """What was given, by name."""
        return {name: text for name, text in self.model_dump().items() if text is not None}


class RuleIn(BaseModel):
    """One rule."""

    model_config = ConfigDict(extra="forbid")

    target: str = Field(max_length=100, description="layer:<id> or theme:<name>")
    field: str = Field(default="", max_length=100, description="A field of the layer; empty: all of it")
    who: str = Field(max_length=60, description="role:<role>, role:public (without a login) or account:<id>")
    says: Says | None = Field(default=None, description="null takes the rule away")


class RulesIn(BaseModel):
    """Rules that are to hold, all of them from the same moment on; other rules stay."""

    model_config = ConfigDict(extra="forbid")

    items: list[RuleIn] = Field(min_length=1, max_length=2_000)


class WhyQuery(BaseModel):
    """Whose sight of which layer."""

    account: str = Field(max_length=60, description="The account's name")
    layer: str = Field(max_length=64)


class HistoryQuery(BaseModel):
    """Of which layer."""

    layer: str = Field(default="", max_length=64, description="Its rules and its theme's; all rules without one")
