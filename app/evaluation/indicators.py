"""Indicators as data: read from `data/indicators`, checked at start."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.evaluation.predicates import BASES, PARTS, Base
from app.settings import PROJECT
from app.web.named import named
from gis.errors import NotFound


class Indicator(BaseModel):
    """One indicator: a ratio of counts with its formula's version, bands, and from how many cases on it is ranked.

    `source`: counts come from a domain that registered them (`app.evaluation.sources`), not from cases.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    code: str
    zh: str
    en: str
    version: str
    numerator: str = ""
    denominator: str = ""
    source: str = ""
    direction: Literal["more", "less"]
    good: float
    passes: float = Field(alias="pass")
    rank_from: int = Field(ge=1)
    formula_zh: str
    formula_en: str
    mark: Literal["C", "M", "R"]

    @model_validator(mode="after")
    def _is_whole(self) -> Indicator:
        if not self.source and (self.numerator not in PARTS or self.denominator not in BASES):
            raise ValueError(f"{self.code}: no such counts as {self.numerator} of {self.denominator}")
        if (self.good < self.passes) is (self.direction == "more") and self.good != self.passes:
            raise ValueError(f"{self.code}: good is not better than pass")
        return self

    @property
    def base(self) -> Base:
        """The cases of the denominator."""
        return BASES[self.denominator]

    @property
    def name(self) -> str:
        """In the reader's words."""
        return named(self.zh, self.en)

    @property
    def formula(self) -> str:
        """In the reader's words."""
        return named(self.formula_zh, self.formula_en)

    def band(self, ratio: Fraction | None) -> str:
        """good, pass or fail; nothing where there is no ratio."""
        if ratio is None:
            return ""
        good, passes = Fraction(str(self.good)), Fraction(str(self.passes))
        if self.direction == "more":
            return "good" if ratio >= good else "pass" if ratio >= passes else "fail"
        return "good" if ratio <= good else "pass" if ratio <= passes else "fail"


def read_all() -> dict[str, Indicator]:
    """Every indicator by its code, in the files' order."""
    found: dict[str, Indicator] = {}
    for file in sorted((PROJECT / "data" / "indicators").glob("*.toml")):
        for entry in tomllib.loads(file.read_text(encoding="utf-8"))["indicators"]:
            one = Indicator.model_validate(entry)
            if one.code in found:
                raise ValueError(f"indicator {one.code} stands there twice")
            found[one.code] = one
    return found


INDICATORS = read_all()


def get(code: str) -> Indicator:
    """An indicator by its code; NotFound."""
    if code not in INDICATORS:
        raise NotFound("There is no indicator {code}.", code=code)
    return INDICATORS[code]
