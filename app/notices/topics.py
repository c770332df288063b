"""What a domain hands in so that its events can be told: what they are called, who may be meant, what may be said."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.orm import Session

from app.accounts.receivers import Receiver
from app.notices import wording
from gis.errors import CityError, InvalidInput, NotFound
from grid.reach import Viewer
from layers.layer import Words

LANGUAGES = ("zh", "en")
Way = Literal["app", "email"]


class TopicBroken(CityError):
    """A file of events can't be used; the start stops."""

    code = "notices.topic_broken"


class NoSuchEvent(NotFound):
    """There is no event of this name."""

    code = "notices.no_such_event"


class Strict(BaseModel):
    """No unknown keys: a mistyped one is told."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Said(Strict):
    """The same in both languages."""

    zh: str
    en: str

    def in_language(self, language: str) -> str:
        """One of the two; Chinese where the language is none of them."""
        return self.en if language == "en" else self.zh


class EventKind(Strict):
    """One kind of event. `on` names the acts that bring it about.

    `must`: whoever is meant is always told in the application, and if nobody is, the event `nobody` comes about.
    `urgent` ones go out in quiet hours too. `rules` say who is told and how, as long as the city says nothing else.
    """

    name: Said
    title: Said
    body: Said
    on: tuple[str, ...] = ()
    must: bool = False
    urgent: bool = False
    outward: bool = True
    nobody: str | None = None
    rules: dict[str, tuple[Way, ...]] = Field(default_factory=dict)


class EventFile(Strict):
    """A domain's events."""

    events: dict[str, EventKind]


@dataclass(frozen=True)
class Occurrence:
    """One event that came about."""

    event: str
    subject_id: int
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """What may be said of an occurrence to who may see its subject: words by language, and where it lies.

    `more` goes out to other systems too; `about` is for choosing receivers and goes nowhere.
    """

    facts: Mapping[str, Mapping[str, str]]
    link: str
    area_code: str
    department: str | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Topic:
    """A domain's events. `look` reads many subjects at once; what is no longer there is left out."""

    name: str
    events: Mapping[str, EventKind]
    fields: Mapping[str, Words]
    who: Mapping[str, Words]
    look: Callable[[Session, Sequence[Occurrence]], Mapping[int, Told]]  # by place in the sequence
    choose: Callable[[Occurrence, Told, str, Sequence[Receiver]], Sequence[Receiver]]
    may_see: Callable[[Viewer, Told], bool]
    example: Callable[[Session, Viewer, str], Told | None]


TOPICS: dict[str, Topic] = {}


def register(topic: Topic) -> Topic:
    """Add a domain's topic; TopicBroken names what is wrong in it."""
    for name, event in topic.events.items():
        if event.nobody is not None and event.nobody not in topic.events:
            raise TopicBroken("{name}: there is no event {other}.", name=name, other=event.nobody)
        if unknown := sorted(event.rules.keys() - topic.who.keys()):
            raise TopicBroken("{name}: nobody is called {other}.", name=name, other=unknown[0])
        for language in LANGUAGES:
            try:
                wording.check_all(event.title.in_language(language), event.body.in_language(language), topic.fields)
            except InvalidInput as error:
                raise TopicBroken("{name}: {reason}", name=name, reason=str(error)) from error
    TOPICS[topic.name] = topic
    return topic


def read_events(file: Path) -> dict[str, EventKind]:
    """The events that a file declares, by name; TopicBroken says what is wrong in it."""
    try:
        return EventFile.model_validate(tomllib.loads(file.read_text(encoding="utf-8"))).events
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise TopicBroken("{name}: {reason}", name=file.name, reason=str(error)) from error


def kind_of(event: str) -> tuple[Topic, EventKind]:
    """Topic and kind of an event by its full name (``cases.dispatched``); NoSuchEvent."""
    topic = TOPICS.get(event.partition(".")[0])
    kind = topic.events.get(event.partition(".")[2]) if topic else None
    if topic is None or kind is None:
        raise NoSuchEvent("There is no event {name}.", name=event[:60])
    return topic, kind


def all_events() -> dict[str, tuple[Topic, EventKind]]:
    """Every event by its full name, in declared order."""
    return {f"{topic.name}.{name}": (topic, kind) for topic in TOPICS.values() for name, kind in topic.events.items()}
