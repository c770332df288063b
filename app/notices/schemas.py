"""What programs send and ask."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, model_validator

BIGGEST = 2**63 - 1


class NoticesQuery(BaseModel):
    """Which of one's own notices."""

    unread: bool = False
    limit: int = Field(default=50, ge=1, le=200)
    after: str | None = Field(default=None, max_length=200)


class ReadIn(BaseModel):
    """Notices that were read: some, or all of them."""

    model_config = ConfigDict(extra="forbid")

    ids: list[int] = Field(default_factory=list, max_length=500)
    all: bool = False

    @model_validator(mode="after")
    def _says_which(self) -> ReadIn:
        if bool(self.ids) == self.all:
            raise ValueError("give ids, or all")
        if any(not 0 < one <= BIGGEST for one in self.ids):
            raise ValueError("an id is a whole number above 0")
        return self


class WebhookIn(BaseModel):
    """A new webhook. No event named: all of them."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=60)
    url: str = Field(min_length=1, max_length=500)
    events: list[str] = Field(default_factory=list, max_length=100)
    areas: list[str] = Field(min_length=1, max_length=200)


class IdPath(BaseModel):
    """By id."""

    id: int = Field(ge=1, le=BIGGEST)
