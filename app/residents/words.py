"""Words for what the register stores as codes."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.residents.identity import WARNINGS as OWN_WARNINGS
from app.residents.models import DwellingUse, ResidenceKind, Sex
from app.residents.schemas import Purpose
from grid.codes import WARNINGS as CODE_WARNINGS
from layers.layer import Words

SEXES: dict[str, Words] = {
    Sex.UNKNOWN: _l("Sex unknown"),
    Sex.MALE: _l("Male"),
    Sex.FEMALE: _l("Female"),
    Sex.UNSTATED: _l("Sex not stated"),
}
USES: dict[str, Words] = {
    DwellingUse.OWN: _l("Lived in by its owner"),
    DwellingUse.LET: _l("Let"),
    DwellingUse.GROUP_LET: _l("Let to several"),
    DwellingUse.VACANT: _l("Vacant"),
    DwellingUse.UNKNOWN: _l("Use not known"),
}
KINDS: dict[str, Words] = {
    ResidenceKind.ACTUAL: _l("Lives here"),
    ResidenceKind.REGISTERED: _l("Registered here"),
    ResidenceKind.WORK: _l("Works here"),
}
PURPOSES: dict[str, Words] = {
    Purpose.VERIFY: _l("Check at the door"),
    Purpose.SERVICE: _l("Service the person asked for"),
    Purpose.EMERGENCY: _l("Emergency"),
    Purpose.CASE: _l("Work on a case"),
    Purpose.CORRECTION: _l("Correct the record"),
    Purpose.REQUEST: _l("The person's own request"),
    Purpose.OTHER: _l("Other purpose"),
}
ENTRIES: dict[str, Words] = {
    "registered": _l("Registered"),
    "moved": _l("Moved in"),
    "left": _l("Moved out"),
    "corrected": _l("Corrected"),
    "imported": _l("Imported"),
}


def warning_words(keys: Iterable[str]) -> list[dict[str, str]]:
    """Warnings by key with their words in the reader's language."""
    texts = {**CODE_WARNINGS, **OWN_WARNINGS}
    return [{"code": key, "text": _(texts[key])} for key in keys]
