"""What the doctor found in a table, and what is to be mended of it: findings, ticks, and the plan that they make.

A table's report is kept as JSON::

    {"name", "format", "rows", "taken", "kinds": {"POINT": n}, "columns": [{"name", "kind"}], "datum", "datum_is",
     "said": the datum by the file itself, "encoding",
     "where": {"x", "y", "wkt"}, "bounds", "share_in_city", "problem", "findings": [
        {"key", "code", "count", "lines": [first ones], "at": [lon, lat], "facts": {…},
         "mend": {"on", "value"} | null}]}

`mend.on` is what is proposed. Ticks name keys: true, false, or for ``crs`` and ``encoding`` the value to take instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.datasets.shapes import Plan
from gis import datum
from gis.checks import MENDABLE
from gis.errors import InvalidInput
from gis.files import guess

LINES_MAX = 20
CRS, ENCODING, SWAP, INSIDE, ONCE, SPLIT = "crs", "encoding", "swap", "inside", "once", "split"
IDS, NUMBERS = "ids", "numbers"  # with a column's name behind: ids:code
SAFE = (ENCODING, SWAP)  # with the mends of geometry and numbers: what a command may do unasked
Ticks = Mapping[str, bool | str]


class UnknownMend(InvalidInput):
    """There is no such mend in what was found."""

    code = "datasets.unknown_mend"


@dataclass
class Finding:
    """One thing wrong with a table: how often, in which lines, where, and how it can be mended."""

    key: str
    code: str
    count: int = 0
    lines: list[int] = field(default_factory=list)
    at: list[float] | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    on: bool | None = None
    value: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As the report keeps it."""
        return {
            "key": self.key, "code": self.code, "count": self.count, "lines": self.lines[:LINES_MAX], "at": self.at,
            "facts": self.facts, "mend": None if self.on is None else {"on": self.on, "value": self.value},
        }  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """A table's mends as they were ticked: what to read it in, and what to do with its rows."""

    datum: str | None
    encoding: str | None
    split: bool
    plan: Plan


def choose(report: Mapping[str, Any], ticks: Ticks, *, only: str | None = None) -> Choice:
    """What ticks mean for a table; what is not ticked is as it was proposed. Raises UnknownMend, CrsUnknown."""
    mends = {one["key"]: one for one in report["findings"] if one["mend"] is not None}
    for key in ticks:
        if key not in mends and key != CRS:
            raise UnknownMend("There is no mend {key} for this table.", field="mends", key=key)

    def taken(key: str) -> bool:
        return key in mends and bool(ticks.get(key, mends[key]["mend"]["on"]))

    ids = next((key.partition(":")[2] for key in mends if key.startswith(f"{IDS}:") and taken(key)), None)
    numbers = {key.partition(":")[2]: mends[key]["mend"]["value"] for key in mends
               if key.startswith(f"{NUMBERS}:") and taken(key)}  # fmt: skip
    plan = Plan(
        swap=taken(SWAP), leave=frozenset(code for code in MENDABLE if code in mends and not taken(code)),
        inside=taken(INSIDE), once=taken(ONCE), number=ids, numbers=numbers, only=only,
    )  # fmt: skip
    return Choice(_datum(report, ticks, mends), _encoding(report, ticks, mends), taken(SPLIT), plan)


def resolved(report: Mapping[str, Any], ticks: Ticks) -> dict[str, bool | str]:
    """Every mend of a table with its tick, the proposed ones included: what is kept with a layer."""
    mends = {one["key"]: bool(one["mend"]["on"]) for one in report["findings"] if one["mend"] is not None}
    return {**mends, **ticks}


def _datum(report: Mapping[str, Any], ticks: Ticks, mends: Mapping[str, Any]) -> str | None:
    asked = ticks.get(CRS)
    if isinstance(asked, str):
        return datum.normal(asked)
    proposed = mends[CRS]["mend"] if CRS in mends else None
    if proposed is not None and (proposed["on"] if asked is None else asked):
        return str(proposed["value"])
    said = report["datum"]
    return None if said is None else datum.normal(said)


def _encoding(report: Mapping[str, Any], ticks: Ticks, mends: Mapping[str, Any]) -> str | None:
    if ENCODING not in mends:
        return None
    asked = ticks.get(ENCODING, mends[ENCODING]["mend"]["on"])
    if isinstance(asked, str):
        return guess.codec_of(asked) or "utf-8"
    return str(mends[ENCODING]["mend"]["value"] if asked else mends[ENCODING]["facts"]["said"])


def safe_ticks(report: Mapping[str, Any]) -> dict[str, bool]:
    """The mends that a command takes without being asked: those that lose nothing and need no judgement.

    A datum is taken only where the file names none.
    """

    def is_safe(one: Mapping[str, Any]) -> bool:
        key = str(one["key"])
        if key == CRS:
            return bool(one["code"] == "crs.missing")
        return key in MENDABLE or key in SAFE or key.startswith(f"{NUMBERS}:")

    mends = [one for one in report["findings"] if one["mend"] is not None]
    return {one["key"]: bool(one["mend"]["on"] and is_safe(one)) for one in mends}
