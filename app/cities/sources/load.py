"""A recorded city into the database, as its profile says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
from sqlalchemy.orm import Session

from app.cities import steps
from app.cities.profile import Profile
from app.cities.sources import cases, events, places, things
from app.cities.sources.refused import Refused
from app.cities.sources.tables import Source
from app.cities.writing import put
from grid.index import CellIndex


def load(db: Session, profile: Profile, folder: Path, refused: Refused, say: Callable[[str], None]) -> None:
    """Load a recorded city into empty tables; what is refused is gathered in `refused`."""
    source = Source(folder)
    say("boundary and areas")
    steps.write_city(db, profile, places.boundary(source, profile))
    places.write_areas(db, source, profile)
    roads = places.read_lines(source, profile)
    buildings = places.read_buildings(source, profile)
    say("unit cells")
    cells = steps.write_cells(db, profile, lines=roads["geom"].to_numpy(), buildings=buildings["geom"].to_numpy())
    say("roads, ground, buildings")
    put(db, "roads", roads)
    places.write_buildings(db, buildings, cells)
    places.write_grounds(db, source, profile)
    steps.write_catalogues(db, profile)
    _write_records(db, profile, source, cells, refused, say)


def _write_records(
    db: Session, profile: Profile, source: Source, cells: CellIndex, refused: Refused, say: Callable[[str], None]
) -> None:
    addresses = _write_addresses(db, profile, source, cells, refused, say)
    say("facilities and components")
    things.write_facilities(db, source, profile, cells, refused)
    things.write_components(db, source, profile, cells, refused)
    if profile.local_catalogue:
        cases.load_catalogue(db, source, profile.local_catalogue)
    if profile.cases:
        say("cases")
        cases.write_cases(db, source, profile, cells, addresses, refused)
    if profile.events:
        say("emergency events")
        events.write_events(db, source, profile, cells, refused)


def _write_addresses(
    db: Session, profile: Profile, source: Source, cells: CellIndex, refused: Refused, say: Callable[[str], None]
) -> pd.DataFrame:
    """The city's addresses with their `id`; 0 for those that lie outside and were refused."""
    addresses = places.read_addresses(source, profile)
    if not len(addresses):
        return pd.DataFrame({"external_id": [], "text_en": [], "geom": [], "id": []})
    say(f"{len(addresses):,} addresses")
    ids = steps.write_addresses(db, addresses.drop(columns=["line", "file"]), cells, places.SINCE)
    for file, left_out in addresses[ids == 0].groupby("file"):
        refused.add(str(file), left_out, "grid.outside_city", "outside the city")
    return addresses.assign(id=ids)
