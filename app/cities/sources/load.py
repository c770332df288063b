"""A recorded city into the database, as its profile says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from app.cities import steps
from app.cities.profile import Profile
from app.cities.sources import cases, events, places, things
from app.cities.sources.refused import Refused
from app.cities.sources.relocate import gazetteer
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
    addresses = places.read_addresses(source, profile)
    address_ids = np.zeros(0, np.int64)
    if len(addresses):
        say(f"{len(addresses):,} addresses")
        address_ids = steps.write_addresses(db, addresses.drop(columns=["line", "file"]), cells, places.SINCE)
        for file, left_out in addresses[address_ids == 0].groupby("file"):
            refused.add(str(file), left_out, "grid.outside_city", "outside the city")
    say("facilities and components")
    things.write_facilities(db, source, profile, cells, refused)
    things.write_components(db, source, profile, cells, refused)
    if profile.local_catalogue:
        cases.load_catalogue(db, source, profile.local_catalogue)
    if profile.cases:
        say("cases")
        known = gazetteer(addresses if len(addresses) else pd.DataFrame({"text_en": [], "geom": []}))
        cases.write_cases(db, source, profile, cells, known, address_ids, refused)
    if profile.events:
        say("emergency events")
        events.write_events(db, source, profile, cells, refused)
