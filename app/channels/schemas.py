"""What the API of the phone desk takes, and what its page reads from the same fields."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.cases.schemas import Datum, Lat, Lon
from app.channels.models import Rating
from app.channels.reporters import NAME_MAX, PHONE_MAX, WORDS_MAX


class CallIn(BaseModel):
    """A call as it is taken down: who calls, what, where; or the case that it is about (`into`)."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str = Field(default="", max_length=NAME_MAX)
    phone: str = Field(default="", max_length=PHONE_MAX)
    wants_reply: bool = Field(default=False, description="Call back when the case is over")
    description: str = Field(default="", max_length=WORDS_MAX)
    class_id: int | None = Field(default=None, description="A minor class of the catalogue")
    lon: Lon | None = None
    lat: Lat | None = None
    datum: Datum = "wgs84"
    located_by: Literal["map", "address"] = "map"
    address_id: int | None = None
    into: str = Field(default="", max_length=40, description="Number of the open case that the caller reports again")


class PhoneIn(BaseModel):
    """A telephone number: in a body, never in an address that logs keep."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    phone: str = Field(max_length=PHONE_MAX)


class ResultIn(BaseModel):
    """What came of calling back."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    rating: Rating
    comment: str = Field(default="", max_length=WORDS_MAX)
    reopen: bool = Field(default=False, description="Take the case up again; only for who is not satisfied")


class ReporterPath(BaseModel):
    """A reporter by id."""

    reporter_id: int


class WaitingQuery(BaseModel):
    """A page of the calls to make."""

    after: int = Field(default=0, ge=0, description="Id of the last one seen")
    limit: int = Field(default=50, ge=1, le=200)
