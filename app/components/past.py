"""Components as they stood at a moment: by the changes of their condition."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Text, cast, inspect, not_, or_, select
from sqlalchemy.orm import aliased

from app.components.models import Component, ComponentEntry
from layers.past import Log, day_of


def components_at(at: datetime) -> Any:
    """`Component` in the condition of a moment; those that were recorded later are left out.

    One whose recording has no line came with the register, and is there since its first day if that is known.
    """
    log = Log(ComponentEntry.component_id, Component.id, at)
    state = cast(log.text("from", cast(Component.state, Text)), Component.state.type)
    columns = [
        state.label("state") if one.key == "state" else getattr(Component, one.key)
        for one in inspect(Component).column_attrs
    ]
    began = or_(Component.first_recorded_on.is_(None), Component.first_recorded_on <= day_of(at))
    stood = select(*columns).where(began, not_(log.has("registered")))
    return aliased(Component, stood.subquery("stood"), adapt_on_names=True)
