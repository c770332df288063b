"""What is said of a layer: words that may be changed, over those that it is declared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import lazy_gettext as _l

from app.web.named import named
from gis.errors import InvalidInput
from layers.layer import Layer, Words

WORDS_MAX = {"title_zh": 100, "title_en": 100, "about_zh": 2_000, "about_en": 2_000, "source": 300, "owner": 200,
             "licence": 200, "as_of": 100, "crs": 100, "quality": 2_000}  # fmt: skip
FIELDS: dict[str, Words] = {
    "title_zh": _l("Title (Chinese)"),
    "title_en": _l("Title (English)"),
    "title": _l("Title"),
    "about_zh": _l("Description (Chinese)"),
    "about_en": _l("Description (English)"),
    "source": _l("Source"),
    "owner": _l("Owner"),
    "licence": _l("Licence"),
    "as_of": _l("Time"),
    "crs": _l("Coordinate system"),
    "quality": _l("Quality"),
}
LONG = ("about_zh", "about_en", "quality")


@dataclass(frozen=True)
class Bilingual:
    """A text in two languages, either of which may be missing; printed in the reader's."""

    zh: str
    en: str
    other: Words = ""

    def __str__(self) -> str:
        return named(self.zh, self.en) or str(self.other)


def checked(given: Mapping[str, str]) -> dict[str, str]:
    """Words with their spaces tidied; InvalidInput for too long ones, and for names that there are none of."""
    made = {}
    for name, text in given.items():
        if name not in WORDS_MAX:
            raise InvalidInput("Of a layer nothing is said under {name}.", field=name[:60], name=name[:60])
        plain = text.strip() if name in LONG else " ".join(text.split())
        if len(plain) > WORDS_MAX[name] or "\x00" in plain:
            raise InvalidInput(
                "{field_name} may be at most {max} characters long.", field=name, field_name=FIELDS[name],
                max=WORDS_MAX[name],
            )  # fmt: skip
        made[name] = plain
    return made


def applied(layer: Layer, said: Mapping[str, str]) -> Layer:
    """The layer under its changed words."""
    changes: dict[str, Any] = {}
    if said.get("title_zh") or said.get("title_en"):
        changes["title"] = Bilingual(said.get("title_zh", ""), said.get("title_en", ""), layer.title)
    changes |= {
        of: said[name]
        for name, of in {"source": "attribution", "owner": "owner", "licence": "licence", "crs": "crs"}.items()
        if said.get(name)
    }
    return replace(layer, **changes) if changes else layer


def told(layer: Layer, said: Mapping[str, str]) -> dict[str, str]:
    """What there is to say of a layer (already under its changed words), in the reader's language."""
    return {
        "title": str(layer.title),
        "about": named(said.get("about_zh"), said.get("about_en")) or str(layer.about),
        "source": layer.origin,
        "owner": str(layer.owner),
        "licence": str(layer.licence),
        "as_of": said.get("as_of", ""),
        "crs": layer.crs,
        "quality": said.get("quality", ""),
    }
