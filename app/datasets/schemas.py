"""What is asked of data sets and uploads."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.datasets.models import Audience
from app.datasets.service import TITLE_MAX

Short = Annotated[str, StringConstraints(max_length=300)]
Tick = bool | Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Ticks = Annotated[dict[Annotated[str, StringConstraints(max_length=120)], Tick], Field(max_length=200)]


class Strict(BaseModel):
    """Nothing that is not known here."""

    model_config = ConfigDict(extra="forbid")


class DatasetPath(BaseModel):
    """A layer by id."""

    layer_id: str = Field(max_length=200)


class UploadPath(BaseModel):
    """An upload by key."""

    key: str = Field(max_length=200)


class UploadQuery(BaseModel):
    """How the file is called; its bytes are the body."""

    name: str = Field(min_length=1, max_length=400, description="The file's name with its ending, such as parks.gpkg")


class ReadingIn(Strict):
    """How to read a table, whatever it says of itself."""

    table: str = Field(max_length=400)
    datum: Annotated[str, StringConstraints(min_length=2, max_length=2000)] | None = None
    encoding: Annotated[str, StringConstraints(min_length=2, max_length=40)] | None = None


class PreviewIn(Strict):
    """A table, and which mends to show; those that are not named are as proposed."""

    table: str = Field(max_length=400)
    mends: Ticks = Field(default_factory=dict)


class About(Strict):
    """What people say of a layer; an empty text takes it away."""

    source: Short | None = None
    licence: Short | None = None
    as_of: Short | None = Field(default=None, description="What time the data are of")
    quality: Annotated[str, StringConstraints(max_length=2000)] | None = None

    def said(self) -> dict[str, str]:
        """What was said, by name."""
        return {name: value.strip() for name, value in self.model_dump().items() if value is not None}


class NewDataset(Strict):
    """A table of an upload that becomes a layer."""

    upload: str = Field(max_length=200)
    table: str = Field(max_length=400)
    id: str | None = Field(default=None, max_length=60)
    title: str | None = Field(default=None, min_length=1, max_length=TITLE_MAX)
    audience: Audience = Audience.OWNER
    about: About = Field(default_factory=About)
    mends: Ticks = Field(default_factory=dict)


class DatasetChange(Strict):
    """What changes; the rest stays."""

    title: str | None = Field(default=None, max_length=TITLE_MAX)
    audience: Audience | None = None
    about: About | None = None


class MendsIn(Strict):
    """Mends that are taken (true) or undone (false); the others stay as they were."""

    mends: Ticks = Field(min_length=1)
