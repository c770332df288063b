"""The city's own wordings and rules, laid over those that came with the events; changed with a preview before."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.audit.service import record
from app.notices import wording
from app.notices.models import NoticeRule, NoticeTemplate
from app.notices.topics import LANGUAGES, EventKind, Told, kind_of
from gis.errors import InvalidInput
from grid.reach import Viewer

RIGHT = "notices.edit"
WAYS = ("app", "email")
Texts = Mapping[str, tuple[str, str]]  # language → title, body
Rules = Mapping[str, tuple[str, ...]]  # who → ways


def worded(db: Session, event: str, kind: EventKind, language: str) -> tuple[str, str]:
    """Title and body of an event in one language."""
    return texts_of(event, kind, own_texts(db, [event]))["en" if language == "en" else "zh"]


def own_texts(db: Session, events: Collection[str] | None = None) -> dict[tuple[str, str], tuple[str, str]]:
    """The city's own wordings by event and language; one query."""
    columns = (NoticeTemplate.event, NoticeTemplate.language, NoticeTemplate.title, NoticeTemplate.body)
    found = select(*columns) if events is None else select(*columns).where(NoticeTemplate.event.in_(events))
    return {(event, language): (title, body) for event, language, title, body in db.execute(found)}


def texts_of(event: str, kind: EventKind, own: Mapping[tuple[str, str], tuple[str, str]]) -> Texts:
    """The wordings that hold, in both languages."""
    return {
        language: own.get((event, language)) or (kind.title.in_language(language), kind.body.in_language(language))
        for language in LANGUAGES
    }


def own_rules(db: Session) -> dict[tuple[str, str], tuple[str, ...]]:
    """The city's own rules by event and who; one query."""
    return {(event, who): tuple(ways) for event, who, ways in
            db.execute(select(NoticeRule.event, NoticeRule.who, NoticeRule.channels))}  # fmt: skip


def rules_of(event: str, kind: EventKind, own: Mapping[tuple[str, str], tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Who is told of an event, and how: the city's rules over the declared ones."""
    declared: dict[str, tuple[str, ...]] = dict(kind.rules)
    return declared | {who: ways for (name, who), ways in own.items() if name == event}


def fill_all(texts: Texts, told: Told) -> dict[str, dict[str, str]]:
    """Title and body in both languages with what may be told filled in."""
    return {
        language: {"title": wording.fill(title, told.facts[language]), "body": wording.fill(body, told.facts[language])}
        for language, (title, body) in texts.items()
    }  # fmt: skip


def check_texts(event: str, given: Texts) -> Texts:
    """The wordings of both languages as they would be kept. Raises NoSuchEvent, UnknownField, BadWording."""
    topic, _kind = kind_of(event)
    return {name: wording.check_all(*given[name], topic.fields, name) for name in LANGUAGES}


def put_texts(db: Session, viewer: Viewer, event: str, given: Texts) -> None:
    """Word an event as the city does, in both languages; the declared wording again where it is the same.

    Raises Forbidden, NoSuchEvent, UnknownField, BadWording, InvalidInput.
    """
    viewer.require(RIGHT)
    _topic, kind = kind_of(event)
    kept, declared = check_texts(event, given), texts_of(event, kind, {})
    for language, (title, body) in kept.items():
        if (title, body) == declared[language]:
            gone = delete(NoticeTemplate).where(NoticeTemplate.event == event, NoticeTemplate.language == language)
            db.execute(gone)
            continue
        row = insert(NoticeTemplate).values(event=event, language=language, title=title, body=body)
        same = {"title": title, "body": body}
        db.execute(row.on_conflict_do_update(index_elements=["event", "language"], set_=same))
    record(db, viewer, act="notices.wording", subject="notice", subject_id=event)


def reset_texts(db: Session, viewer: Viewer, event: str) -> None:
    """Take the city's own wording away: the one that came with the event holds again."""
    viewer.require(RIGHT)
    kind_of(event)
    db.execute(delete(NoticeTemplate).where(NoticeTemplate.event == event))
    record(db, viewer, act="notices.wording", subject="notice", subject_id=event, detail={"reset": True})


def put_rules(db: Session, viewer: Viewer, event: str, given: Mapping[str, Collection[str]]) -> None:
    """Set who is told of an event, and how; what the file says again needs no row.

    Who must be told stays told in the application. Raises Forbidden, NoSuchEvent, InvalidInput.
    """
    viewer.require(RIGHT)
    topic, kind = kind_of(event)
    for who, ways in given.items():
        if who not in topic.who or set(ways) - set(WAYS):
            raise InvalidInput("Nobody is called so, or there is no such way.", field="rules")
        if kind.must and "app" in kind.rules.get(who, ()) and "app" not in ways:
            raise InvalidInput("Who gets the work is always told of it in the application.", field="rules")
    db.execute(delete(NoticeRule).where(NoticeRule.event == event))
    for who in topic.who:
        wanted = [way for way in WAYS if way in given.get(who, ())]
        if wanted != list(kind.rules.get(who, ())):
            db.add(NoticeRule(event=event, who=who, channels=wanted))
    db.flush()
    record(db, viewer, act="notices.rules", subject="notice", subject_id=event,
           detail={"rules": {who: sorted(ways) for who, ways in given.items() if ways}})  # fmt: skip
