"""Codes of areas, unit cells and components. A code without its scheme is not a value: schemes are tables."""

from __future__ import annotations

import re
from dataclasses import dataclass

from gis.errors import InvalidInput
from grid.codes.form import InvalidCode, match, normalise


@dataclass(frozen=True)
class AreaCode:
    """A statistical area code (统计用区划代码), 12 digits or a shorter one of a higher level.

    `prefix` is the code without the zeros that stand for "all of it": what jurisdictions are compared by.
    `level` is province, prefecture, county, town or village; `kind` says what a town or village is.
    """

    code: str
    prefix: str
    level: str
    kind: str | None


_AREA_LEVELS = {2: "province", 4: "prefecture", 6: "county", 9: "town", 12: "village"}
# Counted in the table of 2023: first digit of the three of a town, of a village
_TOWN_KINDS = {"0": "street", "1": "town", "2": "township", "3": "township", "4": "special", "5": "special"}
_VILLAGE_KINDS = {"0": "residents", "1": "residents", "2": "villagers", "3": "villagers"}


def parse_area_code(value: str) -> AreaCode:
    """An area code of 2, 4, 6, 9 or 12 digits; raises InvalidCode.

    Kinds: street 街道, town 镇, township 乡, special 特殊; residents 居委会, villagers 村委会, quasi 类似.
    """
    code = match(
        r"[1-9][0-9](?:[0-9]{2}){0,2}(?:(?<=.{6})[0-9]{3}){0,2}", value, "An area code has 2, 4, 6, 9 or 12 digits."
    ).group(0)
    prefix = code
    for length in (12, 9, 6, 4):
        shorter = {12: 9, 9: 6, 6: 4, 4: 2}[length]
        if len(prefix) == length and not prefix[shorter:].strip("0"):
            prefix = prefix[:shorter]
    if "000" in (prefix[6:9], prefix[9:12]):
        raise InvalidCode("An area code cannot name a village without its town.")
    level = _AREA_LEVELS[len(prefix)]
    kind = None
    if level == "town":
        kind = _TOWN_KINDS.get(prefix[6], "special")
    elif level == "village":
        kind = _VILLAGE_KINDS.get(prefix[9], "quasi")
    return AreaCode(code, prefix, level, kind)


@dataclass(frozen=True)
class CellScheme:
    """How unit cells are numbered inside an area: digits of the area code (None: any code), sign between, digits."""

    name: str
    area_digits: int | None
    sequence_digits: int
    separator: str = ""

    @property
    def capacity(self) -> int:
        """How many cells an area can hold."""
        return int("9" * self.sequence_digits)


CELL_SCHEMES = {
    scheme.name: scheme
    for scheme in (
        CellScheme("GB/T 30428.1-2013", 12, 3),
        CellScheme("CJ/T 213-2005", 12, 2),
        CellScheme("local-16", 12, 4),  # one city's numbering, seen in 2026
        CellScheme("area-sequence", None, 4, "-"),  # any area code, for example 0113-0007
    )
}
_CELL_ALIASES = {"GB/T 30428.1": "GB/T 30428.1-2013", "CJ/T 213": "CJ/T 213-2005"}


def cell_scheme(name: str) -> CellScheme:
    """A scheme by its name, with or without the year; raises InvalidInput."""
    try:
        return CELL_SCHEMES[_CELL_ALIASES.get(name, name)]
    except KeyError:
        raise InvalidInput("There is no scheme of cell codes named {name}.", field="scheme", name=name) from None


@dataclass(frozen=True)
class CellCode:
    """A unit cell's code: the area it lies in and its number there."""

    code: str
    scheme: str
    area: str
    sequence: int

    @property
    def parts(self) -> tuple[str, str, str]:
        """County, street and community of a 12-digit area."""
        return self.area[:6], self.area[6:9], self.area[9:12]


def parse_cell_code(value: str, scheme: str) -> CellCode:
    """A unit cell's code in a scheme; raises InvalidCode.

    That no street, community or sequence is all zeros is inferred: a cell lies in one of each.
    """
    chosen = cell_scheme(scheme)
    if chosen.area_digits is None:
        found = re.fullmatch(rf"(.+){re.escape(chosen.separator)}([0-9]{{{chosen.sequence_digits}}})", value, re.ASCII)
        if found is None or int(found.group(2)) == 0:
            raise InvalidCode("The code of the cell does not follow the scheme {scheme}.", scheme=chosen.name)
        return CellCode(value, chosen.name, found.group(1), int(found.group(2)))
    code = normalise(value)
    length = chosen.area_digits + chosen.sequence_digits
    if not re.fullmatch(rf"[1-9][0-9]{{{length - 1}}}", code, re.ASCII):
        raise InvalidCode(
            "The code of a unit cell has {length} digits in the scheme {scheme}.", length=length, scheme=chosen.name
        )
    area, sequence = code[: chosen.area_digits], code[chosen.area_digits :]
    if "000" in (area[6:9], area[9:12]) or int(sequence) == 0:
        raise InvalidCode("The code of a unit cell names its street, community and number; none of them is zero.")
    return CellCode(code, chosen.name, area, int(sequence))


def make_cell_code(area_code: str, sequence: int, scheme: str) -> str:
    """The code of the n-th cell of an area; InvalidInput when the area's code or the number does not fit the scheme."""
    chosen = cell_scheme(scheme)
    fits = chosen.area_digits is None or (len(area_code) == chosen.area_digits and area_code.isdecimal())
    if not fits or not 1 <= sequence <= chosen.capacity:
        raise InvalidInput(
            "The scheme {scheme} can't number cell {sequence} of the area {area}.",
            field="scheme", scheme=chosen.name, sequence=sequence, area=area_code,
        )  # fmt: skip
    return f"{area_code}{chosen.separator}{sequence:0{chosen.sequence_digits}d}"


@dataclass(frozen=True)
class ComponentScheme:
    """How components are numbered: digits of minor class and sequence, and the major classes there are."""

    name: str
    minor_digits: int
    sequence_digits: int
    majors: frozenset[str] | None


COMPONENT_SCHEMES = {
    scheme.name: scheme
    for scheme in (
        ComponentScheme("CJ/T 214-2007", 2, 6, frozenset({"01", "02", "03", "04", "05", "06", "21"})),
        ComponentScheme("GB/T 30428.2-2013", 2, 6, frozenset({"01", "02", "03", "04", "05"})),
        ComponentScheme("draft-series", 3, 5, None),  # 6 + 2 + 3 + 5
    )
}


@dataclass(frozen=True)
class ComponentCode:
    """A component's code: area, major and minor class, number."""

    code: str
    scheme: str
    area: str
    major: str
    minor: str
    number: str


def parse_component_code(value: str, scheme: str) -> ComponentCode:
    """A component's code of 16 digits in a scheme; raises InvalidCode.

    Only the major classes are looked up here; the minor ones are the loaded catalogue's matter.
    """
    chosen = COMPONENT_SCHEMES.get(scheme)
    if chosen is None:
        raise InvalidInput("There is no scheme of component codes named {name}.", field="scheme", name=scheme)
    found = match(
        rf"([1-9][0-9]{{5}})([0-9]{{2}})([0-9]{{{chosen.minor_digits}}})([0-9]{{{chosen.sequence_digits}}})",
        value,
        "The code of a component has 16 digits: area, class and number.",
    )
    area, major, minor, number = found.groups()
    if int(major) == 0 or int(minor) == 0 or int(number) == 0:
        raise InvalidCode("The code of a component names its class and number; none of them is zero.")
    if chosen.majors is not None and major not in chosen.majors:
        raise InvalidCode("The scheme {scheme} has no major class {major}.", scheme=scheme, major=major)
    return ComponentCode(found.group(0), scheme, area, major, minor, number)
