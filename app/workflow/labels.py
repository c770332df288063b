"""What people read of a kind of matter: the declaration's words, or the city's own names for its steps."""

from __future__ import annotations

import time
from collections.abc import Mapping

from flask_babel import get_locale
from flask_babel.speaklater import LazyString
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.workflow.kinds import Kind, Named
from app.workflow.models import WorkflowLabel
from gis.db import transaction
from gis.errors import InvalidInput, NotFound, Unavailable
from layers.layer import Words

KEPT_S = 5.0
LABEL_MAX = 60
_kept: dict[str, tuple[float, dict[str, tuple[str, str]]]] = {}


def names_of(kind: Kind) -> dict[str, Named]:
    """All that a city may name otherwise: ``states.checking``, ``acts.verify``, ``tasks.check``."""
    found: dict[str, Named] = {f"states.{name}": one for name, one in kind.states.items()}
    found |= {f"acts.{one.name}": one for one in kind.acts}
    return found | {f"tasks.{name}": one for name, one in kind.tasks.items()}


def own_names(db: Session, kind: str) -> dict[str, tuple[str, str]]:
    """The city's own words by name: Chinese, English."""
    rows = db.execute(select(WorkflowLabel.name, WorkflowLabel.zh, WorkflowLabel.en).where(WorkflowLabel.kind == kind))
    return {name: (zh, en) for name, zh, en in rows}


def set_label(db: Session, kind: Kind, name: str, zh: str, en: str) -> None:
    """Name a step as the city does; both blank: as declared. Raises NotFound, InvalidInput."""
    if name not in names_of(kind):
        raise NotFound("There is no step {name}.", name=name)
    zh, en = zh.strip(), en.strip()
    if not zh and not en:
        db.execute(delete(WorkflowLabel).where(WorkflowLabel.kind == kind.kind, WorkflowLabel.name == name))
    elif not zh or not en or max(len(zh), len(en)) > LABEL_MAX:
        raise InvalidInput("Give the name in both languages, {count} characters at most.", count=LABEL_MAX, field=name)
    else:
        row = insert(WorkflowLabel).values(kind=kind.kind, name=name, zh=zh, en=en)
        db.execute(row.on_conflict_do_update(index_elements=["kind", "name"], set_={"zh": zh, "en": en}))
    _kept.pop(kind.kind, None)


def _own(kind: str) -> dict[str, tuple[str, str]]:
    """The city's own words, read at most every few seconds a process."""
    kept = _kept.get(kind)
    if kept is not None and kept[0] > time.monotonic():
        return kept[1]
    try:
        with transaction() as db:
            found = own_names(db, kind)
    except Unavailable:  # no database is set: the declared words stand
        return {}
    _kept[kind] = (time.monotonic() + KEPT_S, found)
    return found


def said(one: Named) -> str:
    """A declared name in the reader's language."""
    locale = get_locale()
    return one.zh if locale is not None and locale.language == "zh" else one.en


def label(kind: Kind, name: str) -> str:
    """What the city calls a state, act or task, in the reader's language."""
    own = _own(kind.kind).get(name)
    return said(names_of(kind)[name] if own is None else Named(zh=own[0], en=own[1]))


def is_own(kind: Kind, name: str) -> bool:
    """Whether the city has a word of its own for a state, act or task."""
    return name in _own(kind.kind)


def label_in(kind: Kind, name: str, language: str) -> str:
    """The same in a language of one's choice, where nobody reads at the moment: in messages."""
    own = _own(kind.kind).get(name)
    one = names_of(kind)[name] if own is None else Named(zh=own[0], en=own[1])
    return one.en if language == "en" else one.zh


def state_words(kind: Kind) -> Mapping[str, Words]:
    """Each state's words, worked out when they are printed."""
    return {name: LazyString(label, kind, f"states.{name}") for name in kind.states}
