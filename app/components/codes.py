"""Codes of components: 6 digits of the area, the class, and a sequence; 16 digits in all (320508 0101 000001).

CJ/T 214-2007 and GB/T 30428.2-2013 write 6 + 4 + 6, the draft series 6 + 5 + 5. Where area or class is not numbered in
digits (another country's catalogue), the parts are joined by hyphens and the sequence has six digits.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.components.models import Component
from gis.errors import Conflict, InvalidInput

AREA_DIGITS, CODE_DIGITS, SEQUENCE_DIGITS = 6, 16, 6


class CodeTaken(Conflict):
    """Another component has this code."""

    code = "components.code_taken"


def take_code(db: Session, area_code: str, class_code: str) -> str:
    """The next code of a class in an area; others who want one of the same prefix wait for this transaction."""
    prefix, digits = code_prefix(area_code, class_code)
    db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"components {prefix}", 0))))
    last = db.scalar(
        select(func.max(Component.code)).where(
            Component.code.between(prefix + "0" * digits, prefix + "9" * digits),
            func.length(Component.code) == len(prefix) + digits,
        )
    )
    number = int(last[-digits:]) + 1 if last else 1
    if number >= 10**digits:
        raise Conflict("All codes beginning with {prefix} are given out.", prefix=prefix)
    return f"{prefix}{number:0{digits}d}"


def check_code(db: Session, code: str, area_code: str, class_code: str) -> str:
    """A code given by hand: of the component's own area and class, and free. Raises InvalidInput or CodeTaken."""
    prefix, digits = code_prefix(area_code, class_code)
    tail = code.removeprefix(prefix)
    is_number = len(tail) == digits and tail.isascii() and tail.isdecimal() and int(tail) > 0
    if not code.startswith(prefix) or not is_number:
        raise InvalidInput(
            "The code of this component begins with {prefix} and ends in {digits} digits.",
            prefix=prefix, digits=digits, field="code",
        )  # fmt: skip
    if db.scalar(select(Component.id).where(Component.code == code)) is not None:
        raise CodeTaken("The code {code} belongs to another component.", code=code, field="code")
    return code


def code_prefix(area_code: str, class_code: str) -> tuple[str, int]:
    """What the codes of a class in an area begin with, and how many digits follow."""
    area = area_code[:AREA_DIGITS]
    if len(area) == AREA_DIGITS and area.isdecimal() and class_code.isdecimal() and len(class_code) in (4, 5):
        return area + class_code, CODE_DIGITS - AREA_DIGITS - len(class_code)
    return f"{area_code}-{class_code}-", SEQUENCE_DIGITS
