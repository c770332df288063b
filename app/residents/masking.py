"""What may be shown of a person without opening the record (GB/T 35273-2020: 310***********002X)."""

from __future__ import annotations

import re

from gis.errors import InvalidInput

NUMBER_LENGTH = 18
_MARKS = re.compile(r"[*＊•●✱✻×_]{2,}|[*＊●✱✻]")


class MaskedValue(InvalidInput):
    """A masked value came back as if it were the real one."""

    code = "residents.masked_value"


def mask_name(name: str) -> str:
    """The first sign and two stars, however long the name is."""
    return f"{name.strip()[:1]}**"


def mask_number(number: str) -> str:
    """First three and last four of a citizen number; of any other number nothing but its end."""
    if len(number) != NUMBER_LENGTH:
        return "*" * 8 + (number[-2:] if len(number) >= 8 else "")
    return f"{number[:3]}{'*' * 11}{number[-4:]}"


def mask_phone(phone: str) -> str:
    """First three and last four of a mobile number of 11 digits; otherwise the last two."""
    if len(phone) == 11 and phone.isdigit():
        return f"{phone[:3]}****{phone[-4:]}"
    return "*" * 6 + (phone[-2:] if len(phone) >= 7 else "")


def is_masked(text: str) -> bool:
    """Whether a text holds the signs that masks are made of."""
    return bool(_MARKS.search(text))


def refuse_masked(**given: str | None) -> None:
    """MaskedValue names the first field that holds a masked text: it can never be written back."""
    for field, text in given.items():
        if text and is_masked(text):
            raise MaskedValue("This value is masked. Type the real one, or leave the field out.", field=field)
