"""Incident records from files."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.emergency import queries
from app.emergency.classes import load_classes
from app.emergency.models import Event
from app.emergency.register import EVENTS
from app.imports.service import Options, import_file
from tests import make
from tests.make_events import POINT, event, viewer

LON, LAT = POINT["coordinates"]
ROWS = f"""id,class,title,happened_at,ended_at,level,lon,lat
1,11A02,Flooded underpass,2026-01-01T20:00:00Z,,II,{LON},{LAT}
2,11A02,Flooded road,2026-01-02T02:00:00,,,{LON},{LAT}
3,99Z99,No such class,2026-01-02T02:00:00,,,{LON},{LAT}
4,11A02,Ended before,2026-01-02T02:00:00Z,2026-01-01T02:00:00Z,,{LON},{LAT}
5,11A02,Ahead,2999-01-02T02:00:00Z,,,{LON},{LAT}
6,11A02,New Zealand,2026-01-02T02:00:00Z,,,174.7,-41.2
"""


def test_records_are_numbered_by_the_citys_day_and_come_in_once(db: Session, tmp_path: Path) -> None:
    make.city(db)
    load_classes(db)
    file = tmp_path / "events.csv"
    file.write_text(ROWS)
    options = Options(maps={"external_id": "id"}, datum="wgs84", system="fires", refused_to=tmp_path / "refused.csv")
    first = import_file(db, viewer(), EVENTS, file, options)
    assert (first.read, first.added, first.refused) == (6, 2, 4)
    made = db.scalars(select(Event).order_by(Event.happened_at)).all()
    assert [(one.number, one.status, one.level) for one in made] == [
        ("E2601020001", "ended", None),  # 02:00 in the city, a naive time
        ("E2601020002", "ended", "II"),  # 20:00 UTC is 04:00 of the next day
    ]
    assert [line["kind"] for line in queries.history(db, viewer(), made[0].number)] == ["imported"]
    assert import_file(db, viewer(), EVENTS, file, options).added == 0
    assert event(db).number not in {one.number for one in made}
