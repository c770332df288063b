"""What the organisation's API, pages and files take: one model for each kind of thing."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.organisation.models import DepartmentKind, PostKind

Code = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[\w.-]+$", description="Letters, digits, _ . -")]
Name = Annotated[str, Field(max_length=80)]
Short = Annotated[str, Field(min_length=1, max_length=60)]


class Thing(BaseModel):
    """What every kind has: a code that never changes, and a name in at least one language."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    code: Code
    name_zh: Name = ""
    name_en: Name = ""

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        """A name that is missing is taken from the other language; without any the code stands."""
        if not isinstance(given, dict):
            return given
        zh, en = (str(given.get(name) or "").strip() for name in ("name_zh", "name_en"))
        return given | {"name_zh": zh or en or given.get("code", ""), "name_en": en or zh or given.get("code", "")}


class DepartmentIn(Thing):
    """A department."""

    kind: DepartmentKind = DepartmentKind.BUREAU
    parent: Code | None = None
    superior: Code | None = Field(default=None, description="Hears of what stays undone; the parent if none is named")
    areas: list[Annotated[str, Field(max_length=40)]] = Field(
        default_factory=list, max_length=200, description="Beginnings of area codes that it serves; none: the city"
    )
    phone: str = Field(default="", max_length=60)
    is_active: bool = True


class TeamIn(Thing):
    """A team of a department."""

    department: Code
    skills: list[Short] = Field(default_factory=list, max_length=50)
    phone: str = Field(default="", max_length=60)
    members: list[Short] = Field(default_factory=list, max_length=200, description="Names of accounts")
    is_active: bool = True


class PostIn(Thing):
    """A post with its duty cells and people."""

    kind: PostKind = PostKind.INSPECTOR
    department: Code | None = None
    hours: list[Annotated[str, Field(max_length=20)]] = Field(
        default_factory=list, max_length=4, description="Spans of the shift: 06:00-14:00"
    )
    duty_cells: list[Short] = Field(default_factory=list, max_length=2000, description="Codes of duty cells")
    staff: list[Short] = Field(default_factory=list, max_length=100, description="Names of accounts")
    valid_from: date | None = Field(default=None, description="Today if left out")
    valid_to: date | None = Field(default=None, description="The first day on which it is no more")


SCHEMAS: dict[str, type[Thing]] = {"department": DepartmentIn, "team": TeamIn, "post": PostIn}


class CodePath(BaseModel):
    """A department, team or post by its code."""

    code: str = Field(max_length=40)


class PostQuery(BaseModel):
    """Which posts."""

    kind: PostKind | None = None
    at: date | None = Field(default=None, description="As of a day; today if left out")
