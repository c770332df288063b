"""Recorded emergency events; rows without a place in the city are refused with the reason."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from app.cities import records
from app.cities.profile import File, Profile, RecordedEvents
from app.cities.sources.cases import local_times
from app.cities.sources.refused import Refused
from app.cities.sources.tables import Source, fill, worded
from app.cities.writing import put, take_ids
from grid.index import CellIndex

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SEARCH_DAYS = 40


def write_events(db: Session, source: Source, profile: Profile, cells: CellIndex, refused: Refused) -> dict[str, int]:
    """Events of all files as ended events; returns how many by system."""
    known = records.emergency_class_ids(db)
    zone = ZoneInfo(profile.city.time_zone)
    counts = {}
    for part in profile.events:
        rows = source.rows(File(file=part.file, datum=part.datum))
        frame = _facts(part, rows, known[(part.scheme, part.class_code)], zone)
        missing = np.array([shape is None for shape in rows["geom"]])
        refused.add(part.file, rows[missing], "gis.no_place", "no coordinates")
        twice = frame.duplicated("external_id").to_numpy() & ~missing
        refused.add(part.file, rows[twice], "imports.twice", "the same number stands in an earlier row")
        usable = ~missing & ~twice
        located = records.locate(frame[usable], cells)
        refused.add(part.file, rows[usable].iloc[located.outside], "grid.outside_city", "outside the city")
        kept = located.frame.reset_index(drop=True)
        kept["id"] = take_ids(db, "events", len(kept))
        counts[part.system] = put(db, "events", kept)
        put(db, "event_entries", pd.DataFrame({
            "event_id": kept["id"], "kind": "imported", "at": kept["happened_at"], "actor": "import",
            "data": [{}] * len(kept),
        }))  # fmt: skip
    return counts


def _facts(part: RecordedEvents, rows: pd.DataFrame, class_id: int, zone: ZoneInfo) -> pd.DataFrame:
    external = fill(part.external_id, rows)
    rows = worded(rows, part.words)
    attributes = [{name: row[name] for name in part.keep if row[name]} for row in rows.to_dict("records")]
    if part.date_from_order is None:
        happened = local_times(pd.Series(fill(part.happened_at, rows)), zone)
    else:
        days = days_in_order(list(rows["month"]), list(rows["weekday"]), part.date_from_order)
        texts = [f"{day:%Y-%m-%d} {int(hour):02d}:00:00" for day, hour in zip(days, rows["hour"], strict=True)]
        happened = local_times(pd.Series(texts), zone)
        attributes = [one | {"day": "rebuilt from month, weekday and the order of numbers"} for one in attributes]
    return pd.DataFrame({
        "number": [f"{part.number_prefix}{key}" for key in external], "external_system": part.system,
        "external_id": external, "class_id": class_id, "title": [" ".join(t.split()) for t in fill(part.title, rows)],
        "status": "ended", "happened_at": happened, "learnt_at": happened, "ended_at": happened, "geom": rows["geom"],
        "attributes": np.array(attributes, dtype=object),
    })  # fmt: skip


def days_in_order(months: list[str], weekdays: list[str], year: int) -> list[date]:
    """Days of rows that stand in order of time and name only month and weekday.

    Each row takes the day nearest to the one before it that has its month and weekday, earlier days first at equal
    distance only if within the same week; so a row that stands a little out of order does not push the rest away.
    """
    today = date(year, 1, 1)
    found = []
    for month, weekday in zip(months, weekdays, strict=True):
        wanted = (MONTHS.index(month) + 1, WEEKDAYS.index(weekday))
        if (today.month, today.weekday()) != wanted:
            today = _nearest(today, wanted, year)
        found.append(today)
    return found


def _nearest(day: date, wanted: tuple[int, int], year: int) -> date:
    for step in range(1, SEARCH_DAYS):
        for other in (day + timedelta(days=step), day - timedelta(days=step)):
            if other.year == year and (other.month, other.weekday()) == wanted:
                return other
    first = date(year, wanted[0], 1)
    return first + timedelta(days=(wanted[1] - first.weekday()) % 7)
