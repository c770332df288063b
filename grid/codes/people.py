"""Numbers with a check: citizens (GB 11643-1999), organisations (GB 32100, GB 11714)."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date
from typing import Literal

from grid.codes.form import InvalidCode, match

CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # 2^(17-i) mod 11
CITIZEN_CHECKS = "10X98765432"
CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # 31 signs: no I O S V Z
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)  # 3^i mod 31
ORGANISATION_SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
OLDEST_YEARS = 120

# First two digits of areas in GB/T 2260, with 83 (residence permits of Taiwan residents)
_PROVINCES_BY_REGION = {
    1: range(1, 6),
    2: range(1, 4),
    3: range(1, 8),
    4: range(1, 7),
    5: range(5),
    6: range(1, 6),
    7: range(1, 2),
    8: range(1, 4),
}
PROVINCES = frozenset(f"{region}{province}" for region, some in _PROVINCES_BY_REGION.items() for province in some)
WARNINGS = {
    "age_over_120": "The date of birth is more than 120 years ago.",
    "not_born_yet": "The date of birth lies in the future.",
    "unknown_area": "The area of first registration is not in the list of areas.",
    "unknown_register": "The registry sign is not one of those in wide use.",
}
CREDIT_REGISTERS = frozenset("123456789AY")


@dataclass(frozen=True)
class CitizenNumber:
    """A citizen number (公民身份号码). `area` is that of first registration: it says nothing about residence.

    `warnings` are keys of `WARNINGS`: reasons to look twice, never to refuse.
    """

    number: str
    area: str
    birth_on: date
    sex: Literal["male", "female"]
    is_foreign: bool
    warnings: tuple[str, ...] = ()


def citizen_check(first: str) -> str:
    """The check character of the first 17 digits (GB 11643-1999)."""
    return CITIZEN_CHECKS[sum(int(d) * w for d, w in zip(first, CITIZEN_WEIGHTS, strict=True)) % 11]


def parse_citizen_number(
    value: str, *, today: date | None = None, known_areas: Container[str] | None = None
) -> CitizenNumber:
    """A citizen number of 18 characters; numbers of foreign permanent residents (first digit 9) follow the same rule.

    Hard: length, digits, a real date, the check character. Soft (`warnings`): the age on `today`, and an area that is
    of no province or not in `known_areas`; areas of first registration are often abolished. Raises InvalidCode.
    """
    found = match(
        r"([1-9][0-9]{5})([0-9]{8})([0-9]{3})([0-9X])",
        value,
        "A citizen number has 17 digits and a check character, 18 in all.",
    )
    area, birth, order, check = found.groups()
    birth_on = _real_date(birth)
    if citizen_check(area + birth + order) != check:
        raise InvalidCode("The check character of the citizen number is wrong: look for a typing error.")
    is_foreign = area[0] == "9"
    warnings = []
    if not is_foreign and (area[:2] not in PROVINCES or (known_areas is not None and area not in known_areas)):
        warnings.append("unknown_area")
    now = today or date.today()
    if birth_on > now:
        warnings.append("not_born_yet")
    elif (now.year - birth_on.year) - ((now.month, now.day) < (birth_on.month, birth_on.day)) > OLDEST_YEARS:
        warnings.append("age_over_120")
    return CitizenNumber(
        found.group(0), area, birth_on, "male" if int(order) % 2 else "female", is_foreign, tuple(warnings)
    )


def upgrade_old_citizen_number(value: str) -> str:
    """The number of 18 characters that an old one of 15 digits becomes: `19` before the year, then the check."""
    found = match(r"([1-9][0-9]{5})([0-9]{6})([0-9]{3})", value, "An old citizen number has 15 digits.")
    area, birth, order = found.groups()
    _real_date("19" + birth)
    first = f"{area}19{birth}{order}"
    return first + citizen_check(first)


def _real_date(digits: str) -> date:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError as error:
        raise InvalidCode("The citizen number holds a date of birth that does not exist.") from error


@dataclass(frozen=True)
class CreditCode:
    """A unified social credit code (统一社会信用代码): registry, kind, area, organisation code, check."""

    code: str
    register: str
    kind: str
    area: str
    organisation_code: str
    warnings: tuple[str, ...] = ()


def credit_check(first: str) -> str:
    """The check sign of the first 17 signs (GB 32100)."""
    return CREDIT_SIGNS[
        (31 - sum(CREDIT_SIGNS.index(s) * w for s, w in zip(first, CREDIT_WEIGHTS, strict=True)) % 31) % 31
    ]


def parse_credit_code(value: str, *, known_areas: Container[str] | None = None) -> CreditCode:
    """A unified social credit code of 18 signs; both its own check and that of the organisation code within hold.

    Raises InvalidCode. An unusual registry sign or an unknown area is a warning only.
    """
    signs = f"[{CREDIT_SIGNS}]"
    found = match(
        rf"({signs})({signs})([0-9]{{6}})({signs}{{9}})({signs})",
        value,
        "A unified social credit code has 18 signs, digits in places 3 to 8, and no letter I, O, S, V or Z.",
    )
    register, kind, area, organisation, check = found.groups()
    if credit_check(found.group(0)[:17]) != check:
        raise InvalidCode("The check sign of the credit code is wrong: look for a typing error.")
    parse_organisation_code(organisation)
    warnings = [] if register in CREDIT_REGISTERS else ["unknown_register"]
    if (area[:2] not in PROVINCES and area != "100000") or (known_areas is not None and area not in known_areas):
        warnings.append("unknown_area")
    return CreditCode(found.group(0), register, kind, area, organisation, tuple(warnings))


def organisation_check(first: str) -> str:
    """The check sign of the first 8 signs (GB 11714)."""
    total = sum(ORGANISATION_SIGNS.index(s) * w for s, w in zip(first, ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def parse_organisation_code(value: str) -> str:
    """An organisation code (组织机构代码) of 9 signs, normalised; raises InvalidCode."""
    found = match(r"([0-9A-Z]{8})([0-9X])", value, "An organisation code has 8 digits or letters and a check sign.")
    if organisation_check(found.group(1)) != found.group(2):
        raise InvalidCode("The check sign of the organisation code is wrong: look for a typing error.")
    return found.group(0)
