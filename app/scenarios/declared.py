"""What a scenario declares: what is measured, and the changes, one model a kind of change. Places are lon, lat."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from app.facilities.words import KINDS
from app.scenarios.errors import BadChange
from app.web.reasons import reason_of
from gis.errors import InvalidInput

CHANGES_MAX = 200
Spot = tuple[
    Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)],
    Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)],
]
Number = Annotated[int, Field(ge=1, lt=1 << 62)]
Code = Annotated[str, Field(min_length=1, max_length=40)]


class _Change(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Add(_Change):
    """A facility of the measured kind that is not there yet."""

    do: Literal["add"]
    at: Spot
    name: str = Field(default="", max_length=100)


class Move(_Change):
    """A facility stands somewhere else."""

    do: Literal["move"]
    facility: Number
    at: Spot


class Remove(_Change):
    """A facility is taken away."""

    do: Literal["remove"]
    facility: Number


class Close(_Change):
    """Nobody passes the stretch of road nearest to a place (within 30 m), from junction to junction."""

    do: Literal["close"]
    at: Spot


class Reassign(_Change):
    """A unit cell belongs to another duty cell."""

    do: Literal["reassign"]
    unit_cell: Code
    to: Code


Change = Annotated[Add | Move | Remove | Close | Reassign, Field(discriminator="do")]
_CHANGES: TypeAdapter[list[Change]] = TypeAdapter(Annotated[list[Change], Field(max_length=CHANGES_MAX)])


class Settings(BaseModel):
    """What is measured: facilities of one kind, by road, within a limit in metres or minutes; cases of some days."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    going: Literal["foot", "vehicle"] = "foot"
    unit: Literal["m", "min"] = "m"
    limit: float = Field(default=500, gt=0, le=50_000, allow_inf_nan=False)
    towards: bool = Field(default=True, description="To the facilities, not from them: one-way streets differ")
    cases_from: date | None = None
    cases_to: date | None = Field(default=None, description="The last day")


def settings(given: Any) -> Settings:
    """What is measured; InvalidInput names the field at fault."""
    try:
        read = Settings.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(one) for one in first["loc"])
        raise InvalidInput(
            "{where}: {reason}", field=where or "settings", where=where, reason=reason_of(first)
        ) from error
    if read.kind not in KINDS:
        raise InvalidInput("There is no kind of facility {kind}.", field="kind", kind=read.kind)
    if read.cases_from and read.cases_to and read.cases_to < read.cases_from:
        raise InvalidInput("The last day lies before the first.", field="cases_to")
    return read


def changes(given: Any) -> list[Change]:
    """The changes in their order; BadChange names the first that is at fault, counted from 1."""
    try:
        return list(_CHANGES.validate_python(given))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        number, rest = (first["loc"][0], first["loc"][2:] or first["loc"][1:]) if first["loc"] else (0, ())
        where = ".".join(str(one) for one in rest)
        at = number + 1 if isinstance(number, int) else 1
        raise BadChange(
            "Change {number}, {where}: {reason}", field="changes", number=at, where=where, reason=reason_of(first)
        ) from error


def plain(declared: list[Change]) -> list[dict[str, Any]]:
    """As JSON holds them."""
    return [one.model_dump(mode="json") for one in declared]
