"""A person's number, name and phone as they are taken in: normalised, checked, never repeated in a message."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from app.residents.masking import refuse_masked
from app.residents.models import Sex
from gis.errors import InvalidInput
from grid.codes import normalise, parse_citizen_number, upgrade_old_citizen_number

OLD_LENGTH = 15
EARLIEST = date(1880, 1, 1)
_SEX = {"male": Sex.MALE, "female": Sex.FEMALE}
_PHONE = re.compile(r"\+?[0-9]{5,20}(x[0-9]{1,6})?")
_PHONE_FILLING = re.compile(r"[\s()（）.\-\u2010-\u2015]+")


@dataclass(frozen=True)
class Identity:
    """What a person's facts say together. `warnings` are keys of `WARNINGS`: reasons to look twice, never to refuse."""

    name: str
    sex: Sex
    birth_on: date | None
    number: str | None
    phone: str | None
    warnings: tuple[str, ...] = ()


WARNINGS = {
    "sex_differs": "The number stands for the other sex.",
    "old_number": "A number of 15 digits was taken and written with 18.",
}


def check_identity(
    *, name: str, sex: Sex, birth_on: date | None, number: str | None, phone: str | None, day: date
) -> Identity:
    """Check and complete a person's facts; `day` is the city's today.

    Hard: masked values, a wrong number, a date of birth that is not the number's, lies ahead or before 1880, a phone of
    other signs than digits. Soft: what `grid.codes` warns of, and a sex that is not the number's. A date of birth and
    a sex that were left out are taken from the number.
    """
    refuse_masked(name=name, number=number, phone=phone)
    warnings: list[str] = []
    read_number = None
    if number and number.strip():
        read_number, found_birth, found_sex, warned = _read_number(number, day)
        warnings += warned
        if birth_on is not None and birth_on != found_birth:
            raise InvalidInput("The date of birth is not that of the citizen number.", field="birth_on")
        birth_on = found_birth
        if sex in (Sex.UNKNOWN, Sex.UNSTATED):
            sex = found_sex
        elif sex is not found_sex:
            warnings.append("sex_differs")
    if birth_on is not None and (birth_on > day or birth_on < EARLIEST):
        raise InvalidInput("The date of birth can't be right.", field="birth_on")
    return Identity(clean_name(name), sex, birth_on, read_number, clean_phone(phone), tuple(warnings))


def clean_name(name: str) -> str:
    """A name in composed form, blanks run together; InvalidInput when nothing a person is called is left."""
    cleaned = " ".join(unicodedata.normalize("NFKC", name).split())
    if not any(sign.isalpha() for sign in cleaned) or any(unicodedata.category(sign) == "Cc" for sign in cleaned):
        raise InvalidInput("A name needs letters or characters.", field="name")
    return cleaned


def clean_phone(phone: str | None) -> str | None:
    """A phone number's digits, with a leading + and an extension kept; None for blank."""
    if phone is None or not phone.strip():
        return None
    cleaned = _PHONE_FILLING.sub("", unicodedata.normalize("NFKC", phone)).lower().replace("ext", "x")
    if not _PHONE.fullmatch(cleaned):
        raise InvalidInput("A phone number has 5 to 20 digits.", field="phone")
    return cleaned


def normal_number(number: str) -> str:
    """A citizen number as it is looked up: half-width, upper case, no blanks, 15 digits written with 18.

    InvalidInput (field ``number``) when it can't be one; the message does not repeat it.
    """
    try:
        plain = normalise(number)
        return upgrade_old_citizen_number(plain) if len(plain) == OLD_LENGTH else parse_citizen_number(plain).number
    except InvalidInput as error:
        error.field = "number"
        raise


def _read_number(number: str, day: date) -> tuple[str, date, Sex, list[str]]:
    plain = normal_number(number)
    found = parse_citizen_number(plain, today=day)
    warned = list(found.warnings) + (["old_number"] if len(normalise(number)) == OLD_LENGTH else [])
    return plain, found.birth_on, _SEX[found.sex], warned
