"""Events from files: incident records of other systems."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import AliasChoices, Field

from app.emergency.models import EventLevel, EventStatus
from app.imports.register import Check, ImportRegister, ImportRow, Lookup


class EventRow(ImportRow):
    """One incident: what, when, how grave. `class_code` is a code of the scheme NEWS (11E05 is text, not a number)."""

    class_code: Annotated[
        str, Field(max_length=20, validation_alias=AliasChoices("class_code", "class", "类别", "eventType"))
    ]
    title: Annotated[str, Field(max_length=120, validation_alias=AliasChoices("title", "标题", "名称"))]
    happened_at: Annotated[datetime, Field(validation_alias=AliasChoices("happened_at", "发生时间"))]
    ended_at: Annotated[datetime | None, Field(default=None, validation_alias=AliasChoices("ended_at", "结束时间"))]
    level: Annotated[EventLevel | None, Field(default=None, validation_alias=AliasChoices("level", "等级"))]
    status: EventStatus = EventStatus.ENDED
    description: Annotated[
        str, Field(default="", max_length=5000, validation_alias=AliasChoices("description", "描述"))
    ]


FINISH = (Path(__file__).parent / "import_events.sql").read_text()

EVENTS = ImportRegister(
    name="events",
    title=_l("Emergency events"),
    right="events.create",
    channel="events",
    row=EventRow,
    geometry="GEOMETRY",
    lookups=(
        Lookup("class_code", into="class_id", sql="SELECT code, id FROM emergency_classes WHERE scheme = 'NEWS'"),
    ),
    checks=(
        Check(
            "events.in_the_future",
            _l("An event can't have happened in the future."),
            "SELECT line FROM import_rows WHERE happened_at > now() + interval '5 minutes'",
        ),
        Check(
            "events.ended_before",
            _l("The event ended before it happened."),
            "SELECT line FROM import_rows WHERE ended_at < happened_at",
        ),
    ),
    finish=FINISH,
    after=(
        "INSERT INTO event_entries (event_id, kind, at, account_id, actor, data)"
        " SELECT e.id, 'imported', e.happened_at, :account_id, :actor, jsonb_build_object('system', e.external_system)"
        " FROM events e JOIN import_new n ON n.id = e.id",
    ),
)
