"""Forms in which a place name is looked for: as written, in pinyin, by initials, with the usual abbreviations."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from gis.lazy import library

pypinyin = library("pypinyin")


_HALF_WIDTH = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_PARTS = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]+|[0-9]+|[^\W\d_\u3400-\u9fff\uf900-\ufaff]+")
_CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
# USPS Publication 28, appendix C1, and the directions: the short form stands for all spellings
_SHORT = {
    "street": "st", "str": "st", "road": "rd", "avenue": "ave", "av": "ave", "boulevard": "blvd", "lane": "ln",
    "drive": "dr", "court": "ct", "place": "pl", "square": "sq", "terrace": "ter", "parkway": "pkwy", "pky": "pkwy",
    "highway": "hwy", "circle": "cir", "alley": "aly", "north": "n", "south": "s", "east": "e", "west": "w",
    "saint": "st",
}  # fmt: skip


def parts(text: str) -> list[str]:
    """The words of a text: runs of Chinese, of digits, of letters; half-width, lower case, abbreviated."""
    found = _PARTS.findall(text.translate(_HALF_WIDTH).lower())
    return [_SHORT.get(part, part) for part in found]


def compact(text: str) -> str:
    """The words of a text run together."""
    return "".join(parts(text))


def is_chinese(text: str) -> bool:
    """Whether a text holds a Chinese sign."""
    return _CHINESE.search(text) is not None


@lru_cache(maxsize=50_000)
def _syllables(run: str) -> tuple[str, ...]:
    return tuple(pypinyin.lazy_pinyin(run)) if is_chinese(run) else (run,)


def pinyin(text: str) -> list[str]:
    """The syllables of a text; what isn't Chinese stays as a word of its own."""
    return [syllable for part in parts(text) for syllable in _syllables(part)]


def initials(text: str) -> str:
    """The first letters of the syllables, numbers whole: ``njxl1038h``."""
    return "".join(syllable if syllable.isdigit() else syllable[:1] for syllable in pinyin(text))


def search_text(text_zh: str, text_en: str, aliases: Iterable[str] = ()) -> str:
    """What the `search` column of an address holds: every form of both texts and of the aliases, one blank between."""
    forms: list[str] = []
    for text in dict.fromkeys((text_zh, text_en, *aliases)):
        forms += [compact(text), " ".join(parts(text))]
        if is_chinese(text):
            forms += ["".join(pinyin(text)), " ".join(pinyin(text)), initials(text)]
    return " ".join(dict.fromkeys(form for form in forms if form))
