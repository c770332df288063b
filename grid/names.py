"""Names of areas and roads, in memory: a city has some thousands of them, and they are looked for while one types."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Literal

from rapidfuzz import fuzz
from sqlalchemy import text
from sqlalchemy.orm import Session

from grid import words

_STATE = text("""
    SELECT current_database(), (SELECT count(*) FROM areas), (SELECT max(id) FROM areas),
           (SELECT count(*) FROM roads), (SELECT max(id) FROM roads),
           (SELECT max(recorded_at) FROM areas), (SELECT loaded_at FROM city)
""")
_NAMES = text("""
    SELECT 'area', a.code, a.name_zh, a.name_en FROM areas a WHERE a.valid_to IS NULL
    UNION ALL
    SELECT 'road', coalesce(r.name_zh, r.name_en), coalesce(r.name_zh, ''), coalesce(r.name_en, '') FROM roads r
    WHERE coalesce(r.name_zh, r.name_en, '') <> '' GROUP BY r.name_zh, r.name_en
    ORDER BY 1, 2
""")
FUZZY = 80.0  # partial ratio of two names, 0 to 100, below which they aren't the same misspelled


@dataclass(frozen=True)
class Name:
    """A name of an area (`key` is its code) or a road (`key` is the name itself)."""

    kind: Literal["area", "road"]
    key: str
    zh: str
    en: str
    forms: tuple[str, ...]


class _Kept:
    """The names of the city that was asked for last, and how its tables stood then."""

    lock = Lock()
    state: tuple[object, ...] | None = None
    names: tuple[Name, ...] = ()


def find(db: Session, asked: str) -> list[tuple[float, Name]]:
    """Names that fit what was asked, best first: score 4 the very name, 3 its beginning, 2 inside, below 1 alike."""
    variants = forms_of(asked)
    found = [(score, name) for name in _names(db) if (score := _score(variants, name.forms)) > 0]
    return sorted(found, key=lambda one: (-one[0], len(one[1].key), one[1].key))


def forms_of(asked: str) -> tuple[str, ...]:
    """What a query may stand for: itself run together, and if Chinese its pinyin."""
    forms = (words.compact(asked), "".join(words.pinyin(asked)) if words.is_chinese(asked) else "")
    return tuple(dict.fromkeys(form for form in forms if form))


def _score(variants: Iterable[str], forms: tuple[str, ...]) -> float:
    best = 0.0
    for rank, variant in enumerate(variants):  # homophones after the very signs
        for form in forms:
            if form == variant:
                best = max(best, 4.0 - rank / 2)
            elif form.startswith(variant):
                best = max(best, 3.0 - rank / 2)
            elif len(variant) > 1 and variant in form:
                best = max(best, 2.0 - rank / 2)
            elif best == 0 and min(len(variant), len(form)) > 3 and not variant.isdigit():
                alike = fuzz.ratio(variant, form, score_cutoff=FUZZY)
                best = max(best, alike / 101)
    return best


def _names(db: Session) -> tuple[Name, ...]:
    state = tuple(db.execute(_STATE).one())
    with _Kept.lock:
        if _Kept.state != state:
            _Kept.names = tuple(
                Name(kind, key, zh, en, tuple(dict.fromkeys(_forms(zh) + _forms(en))))
                for kind, key, zh, en in db.execute(_NAMES)
            )
            _Kept.state = state
        return _Kept.names


def _forms(name: str) -> list[str]:
    forms = [words.compact(name)]
    if words.is_chinese(name):
        forms += ["".join(words.pinyin(name)), words.initials(name)]
    return [form for form in forms if form]
