"""From what happened to who is told: each event once, in one transaction with the notices and messages made of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from app.accounts.receivers import Receiver, receivers
from app.live.message import CHANNEL, NOTICES
from app.notices import quiet, words_of_city
from app.notices.models import Channel, Notice, NoticeDelivery, NoticeEvent, NoticeSettings, NoticeWebhook
from app.notices.topics import EventKind, NoSuchEvent, Occurrence, Told, Topic, kind_of
from grid.models import City

log = logging.getLogger(__name__)
BATCH = 200


@dataclass(frozen=True)
class Known:
    """What is read once for all events of a batch."""

    people: Sequence[Receiver]
    rules: Mapping[tuple[str, str], tuple[str, ...]]
    texts: Mapping[tuple[str, str], tuple[str, str]]
    settings: Mapping[int, NoticeSettings]
    webhooks: Sequence[NoticeWebhook]
    zone: ZoneInfo
    language: str
    sends_mail: bool


@dataclass
class Made:
    """What a batch comes to."""

    notices: list[dict[str, Any]]
    deliveries: list[dict[str, Any]]
    events: list[dict[str, Any]]

    def add(self, other: Made) -> None:
        """All of another's as well."""
        self.notices += other.notices
        self.deliveries += other.deliveries
        self.events += other.events


def spread(db: Session, *, sends_mail: bool, now: datetime | None = None, limit: int = BATCH) -> int:
    """Tell on what has happened; gives how many events. As many queries for one event as for a whole batch."""
    waiting = select(NoticeEvent).where(NoticeEvent.spread_at.is_(None)).order_by(NoticeEvent.id).limit(limit)
    found = list(db.scalars(waiting.with_for_update(skip_locked=True)))
    if not found:
        return 0
    now = now or datetime.now(UTC)
    known, made = _read(db, sends_mail), Made([], [], [])
    for name, some in groupby(sorted(found, key=_topic_name), key=_topic_name):
        _spread_topic(db, name, list(some), known, made, now)
    for one in found:
        one.spread_at = now
    for table, rows in ((Notice, made.notices), (NoticeDelivery, made.deliveries), (NoticeEvent, made.events)):
        if rows:
            db.execute(insert(table), rows)
    _announce(db, sorted({row["account_id"] for row in made.notices}))
    db.flush()
    return len(found)


def _topic_name(row: NoticeEvent) -> str:
    return row.event.partition(".")[0]


def _read(db: Session, sends_mail: bool) -> Known:
    city = db.execute(select(City.time_zone, City.language)).first()
    return Known(
        people=receivers(db),
        rules=words_of_city.own_rules(db),
        texts=words_of_city.own_texts(db),
        settings={one.account_id: one for one in db.scalars(select(NoticeSettings))},
        webhooks=db.scalars(select(NoticeWebhook).where(NoticeWebhook.ended_at.is_(None))).all(),
        zone=ZoneInfo(city.time_zone if city else "UTC"),
        language=city.language if city else "zh",
        sends_mail=sends_mail,
    )


def _spread_topic(db: Session, name: str, rows: Sequence[NoticeEvent], known: Known, made: Made, now: datetime) -> None:
    meant: list[tuple[NoticeEvent, Occurrence, EventKind]] = []
    topic: Topic | None = None
    for row in rows:
        try:
            topic, kind = kind_of(row.event)
        except NoSuchEvent:
            log.error("event %s of row %s is declared nowhere: nobody is told", row.event, row.id)
            row.problem = NoSuchEvent.code
            continue
        meant.append((row, Occurrence(row.event.partition(".")[2], row.subject_id, row.facts), kind))
    if topic is None:
        return
    told = topic.look(db, [occurrence for _, occurrence, _ in meant])
    for place, (row, occurrence, kind) in enumerate(meant):
        if place in told:
            one = Made([], [], [])
            try:
                _tell(topic, row, occurrence, kind, told[place], known, one, now)
            except Exception as error:  # one that can't be told must not keep all others waiting
                log.exception("event %s of row %s could not be told", row.event, row.id)
                row.problem = type(error).__name__
                continue
            made.add(one)


def _tell(
    topic: Topic, row: NoticeEvent, occurrence: Occurrence, kind: EventKind, told: Told, known: Known, made: Made,
    now: datetime,
) -> None:  # fmt: skip
    rules = words_of_city.rules_of(row.event, kind, known.rules)
    ways: dict[int, set[str]] = {}
    for who, wanted in rules.items():
        chosen = topic.choose(occurrence, told, who, known.people) if wanted else ()
        for one in chosen:
            if topic.may_see(one.viewer, told):
                ways.setdefault(one.account_id, set()).update(wanted)
    if kind.must and not any("app" in some for some in ways.values()):
        _nobody(topic, row, kind, made)
    ways.pop(row.facts.get("actor_id") or 0, None)
    texts = words_of_city.fill_all(words_of_city.texts_of(row.event, kind, known.texts), told)
    about = {"event": row.event, "subject_id": row.subject_id}
    for one in known.people:
        if "app" in ways.get(one.account_id, ()):
            made.notices.append(about | {
                "account_id": one.account_id, "event_id": row.id, "texts": texts, "link": told.link,
            })  # fmt: skip
        if "email" in ways.get(one.account_id, ()):
            _mail(one, about, texts, told.link, kind, known, made, now)
    if kind.outward:
        _call(topic, row, about, texts, told, known, made)


def _nobody(topic: Topic, row: NoticeEvent, kind: EventKind, made: Made) -> None:
    """Nobody is there to be told of what somebody must know: that itself is told, and never passed over."""
    log.warning("nobody could be told of %s about %s", row.event, row.subject_id)
    if kind.nobody is not None:
        made.events.append({
            "event": f"{topic.name}.{kind.nobody}", "subject_id": row.subject_id,
            "facts": dict(row.facts) | {"actor_id": None, "about": row.event},
        })  # fmt: skip


def _mail(
    one: Receiver, about: dict[str, Any], texts: Mapping[str, Mapping[str, str]], link: str, kind: EventKind,
    known: Known, made: Made, now: datetime,
) -> None:  # fmt: skip
    wish = known.settings.get(one.account_id)
    if not known.sends_mail or one.email is None or (wish is not None and not wish.by_email):
        return
    language = (wish.language if wish else None) or one.language or known.language
    language = language if language in texts else "zh"
    at = now if kind.urgent or wish is None else quiet.after(now, wish.quiet_from, wish.quiet_until, known.zone)
    payload = dict(texts[language]) | {"link": link, "language": language}
    made.deliveries.append(about | {
        "channel": Channel.EMAIL, "account_id": one.account_id, "webhook_id": None, "payload": payload, "next_at": at,
    })  # fmt: skip


def _call(
    topic: Topic, row: NoticeEvent, about: dict[str, Any], texts: Mapping[str, Mapping[str, str]], told: Told,
    known: Known, made: Made,
) -> None:  # fmt: skip
    for hook in known.webhooks:
        if hook.events and row.event not in hook.events:
            continue
        if not any(told.area_code.startswith(area) for area in hook.areas):
            continue
        payload = {
            "event": row.event, "topic": topic.name, "at": row.at.isoformat(), "link": told.link,
            "area_code": told.area_code, "texts": texts,
        } | dict(told.more)  # fmt: skip
        made.deliveries.append(about | {
            "channel": Channel.WEBHOOK, "account_id": None, "webhook_id": hook.id, "payload": payload,
            "next_at": row.at,
        })  # fmt: skip


def _announce(db: Session, account_ids: Sequence[int]) -> None:
    """Open pages of those told hear of it at commit."""
    if account_ids:
        said = [json.dumps({"channel": NOTICES, "kind": "created", "id": one, "area": ""}) for one in account_ids]
        db.execute(text("SELECT pg_notify(:name, said) FROM unnest(CAST(:said AS text[])) AS said"),
                   {"name": CHANNEL, "said": said})  # fmt: skip
