"""Events as they stood at a moment: each with what its log calls the values before the first later change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, exists, inspect, not_, select
from sqlalchemy.orm import aliased

from app.emergency.models import Event, EventEntry, EventStatus
from layers.past import Log, bound


def events_at(at: datetime) -> Any:
    """`Event` with the zone, level, status, class and title of a moment; those that nobody knew of yet are left out.

    An imported event has no log: it is there since it happened, and active until it ended.
    """
    log = Log(EventEntry.event_id, Event.id, at)
    has_log = exists().where(EventEntry.event_id == Event.id)
    ran = and_(Event.status == EventStatus.ENDED, Event.ended_at > bound(at), not_(has_log))
    then = {
        "geom": log.geometry("zone_before", Event.geom), "area_code": log.text("area_code_before", Event.area_code),
        "level": log.value("level", Event.level), "class_id": log.value("class_id", Event.class_id),
        "title": log.value("title", Event.title),
        "status": case((ran, EventStatus.ACTIVE.value), else_=log.value("status", Event.status)),
    }  # fmt: skip
    columns = [
        then[one.key].label(one.key) if one.key in then else getattr(Event, one.key)
        for one in inspect(Event).column_attrs
    ]
    stood = select(*columns).where(Event.happened_at <= bound(at), not_(log.has("opened")))
    return aliased(Event, stood.subquery("stood"), adapt_on_names=True)
