"""Registers filled in bulk: components, facilities, people, cases, events. Frames in, rows located and counted out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.cities.writing import column, put, take_ids
from app.components.codes import code_prefix
from app.residents.sealing import seal_numbers
from grid import duty
from grid.index import CellIndex, PlacesMany

STEPS = ("filed", "handling", "checking", "closed")


@dataclass(frozen=True)
class Located:
    """The rows of a frame that lie in the city, with their places; and which rows were left out."""

    frame: pd.DataFrame
    outside: NDArray[np.int64]


def locate(frame: pd.DataFrame, cells: CellIndex, *, by: str | None = "import") -> Located:
    """Add cell and area to a frame with `geom`, or with `lon` and `lat`; rows outside the city are set aside."""
    if "geom" not in frame:
        points = shapely.points(frame["lon"].to_numpy(float), frame["lat"].to_numpy(float))
        frame = frame.drop(columns=["lon", "lat"]).assign(geom=np.asarray(points))
    shapes = frame["geom"].to_numpy()
    anchors = np.where(shapely.get_dimensions(shapes) == 0, shapes, shapely.point_on_surface(shapes))
    xy = shapely.get_coordinates(anchors)
    places: PlacesMany = cells.locate_many(xy[:, 0], xy[:, 1])
    inside = places.is_inside
    kept = frame[inside].assign(unit_cell_id=places.unit_cell_id[inside], area_code=places.area_code[inside])
    if by is not None:
        kept = kept.assign(located_by=by)
    return Located(kept, np.flatnonzero(~inside))


def duty_cells(db: Session, unit_cell_id: pd.Series[int]) -> pd.Series[int]:
    """The duty cell of each row by its unit cell; null where none holds it."""
    return unit_cell_id.map(duty.cells_by_unit(db)).astype("Int64")


def class_ids(db: Session) -> dict[tuple[str, str, str], int]:
    """Catalogue classes by scheme, kind and code."""
    rows = db.execute(text(
        "SELECT s.name, c.kind, c.code, c.id FROM case_classes c JOIN catalogue_schemes s ON s.id = c.scheme_id"
        " ORDER BY s.is_active, s.id"  # of several versions the one in use comes last
    ))  # fmt: skip
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def write_components(
    db: Session, frame: pd.DataFrame, cells: CellIndex, system: str, *, generated: bool = False
) -> pd.Series[int]:
    """Components from class_scheme, class_code, names, place …; a 16-digit code is made where area and class allow.

    Returns the keys of those that lie in the city, by their row in the frame.
    """
    known = class_ids(db)
    kept = locate(frame, cells).frame
    keys = zip(kept["class_scheme"], kept["class_code"], strict=True)
    kept["id"] = take_ids(db, "components", len(kept))
    kept["class_id"] = [known[(scheme, "component", code)] for scheme, code in keys]
    kept["code"] = component_codes(kept["area_code"], kept["class_code"])
    kept["external_id"] = kept["external_id"] if "external_id" in kept else kept["code"]
    put(db, "components", kept.drop(columns=["class_scheme", "class_code"]).assign(
        external_system=system, is_generated=generated,
    ))  # fmt: skip
    return pd.Series(kept["id"])


def component_codes(area_code: pd.Series[str], class_code: pd.Series[str]) -> list[str]:
    """Codes that `app.components.codes` would give one after the other."""
    pairs = pd.Series(list(zip(area_code, class_code, strict=True)))
    heads = {pair: code_prefix(*pair) for pair in pairs.unique()}
    prefix = pairs.map(lambda pair: heads[pair][0])
    order = prefix.groupby(prefix).cumcount() + 1
    return [f"{heads[pair][0]}{number:0{heads[pair][1]}d}" for pair, number in zip(pairs, order, strict=True)]


def write_facilities(
    db: Session, frame: pd.DataFrame, cells: CellIndex, system: str, *, generated: bool = False
) -> Located:
    """Facilities from kind, names, external_id, geom and what else their table has."""
    located = locate(frame, cells)
    put(db, "facilities", located.frame.assign(external_system=system, is_generated=generated))
    return located


def write_people(
    db: Session, dwellings: pd.DataFrame, residents: pd.DataFrame, cells: CellIndex, rng: np.random.Generator
) -> None:
    """Dwellings (building_id, floor, room, geom) and residents (dwelling = row of the dwelling); numbers are sealed."""
    placed = locate(dwellings, cells, by="address").frame
    ids = take_ids(db, "dwellings", len(placed))
    lived_in = np.isin(placed.index.to_numpy(), residents["dwelling"].to_numpy())
    use = np.where(lived_in, rng.choice(["own", "let"], size=len(placed), p=[0.7, 0.3]), "vacant")
    put(db, "dwellings", placed.assign(id=ids, use=use, is_generated=True))
    person_ids = take_ids(db, "persons", len(residents))
    sealed, index = seal_numbers(list(residents["number"]))
    put(db, "persons", residents[["name", "sex", "birth_on"]].assign(
        id=person_ids, number_sealed=_bytea(sealed), number_index=_bytea(index), is_generated=True,
    ))  # fmt: skip
    home = pd.Series(ids, index=placed.index).reindex(residents["dwelling"].to_numpy()).to_numpy()
    put(db, "residences", pd.DataFrame({
        "person_id": person_ids, "dwelling_id": home, "kind": "actual", "from_on": residents["from_on"],
        "source": "demo",
    }))  # fmt: skip


def _bytea(values: list[bytes]) -> list[str]:
    """Bytes as PostgreSQL reads them in text."""
    return ["\\x" + value.hex() for value in values]


def case_numbers(db: Session, at: NDArray[np.datetime64], zone: ZoneInfo) -> list[str]:
    """Numbers yymmdd + 5 digits by local day in the order of time; the day counters go on after them."""
    local = pd.DatetimeIndex(at).tz_localize("UTC").tz_convert(zone)
    order = np.argsort(at, kind="stable")
    day = pd.Series(local.strftime("%y%m%d"))
    count = day.iloc[order].groupby(day.iloc[order]).cumcount() + 1
    number = (day.iloc[order] + count.map("{:05d}".format)).sort_index()
    last = local.normalize().tz_localize(None).to_series().groupby(lambda stamp: stamp).size()
    put(db, "case_days", pd.DataFrame({"day": [stamp.date() for stamp in last.index], "last": last.to_numpy()}))
    return list(number)


def write_generated_cases(
    db: Session, frame: pd.DataFrame, cells: CellIndex, scheme: str, zone: ZoneInfo, until: np.datetime64, outcome: str
) -> int:
    """Invented cases with their moves; steps after `until` have not happened. `outcome` is that of the closed ones."""
    known = class_ids(db)
    by = np.where(frame["component_id"].isna(), "map", "component")
    kept = locate(frame.assign(located_by=by), cells, by=None).frame.reset_index(drop=True)
    pairs = zip(kept["class_kind"], kept["class_code"], strict=True)
    kept["class_id"] = [known[(scheme, kind, code)] for kind, code in pairs]
    kept["id"] = take_ids(db, "cases", len(kept))
    kept["number"] = case_numbers(db, kept["reported_at"].to_numpy(), zone)
    ended = kept["status"].isin(["closed", "refused"])
    closed = kept["closed_at"].where(kept["status"] == "closed", kept["filed_at"]).where(ended)
    is_closed = (kept["status"] == "closed").to_numpy()
    in_time = (closed <= kept["due_at"]).to_numpy()
    on_time = column(bool(yes) if done else None for yes, done in zip(in_time, is_closed, strict=True))
    due = kept["due_at"].where(kept["filed_at"] <= until)
    columns = ["id", "number", "class_id", "status", "source", "department", "reported_at", "geom", "unit_cell_id",
               "area_code", "located_by", "address_id", "component_id", "duty_cell_id"]  # fmt: skip
    kept["duty_cell_id"] = duty_cells(db, kept["unit_cell_id"])
    put(db, "cases", kept[columns].assign(
        clock=column(_clocks(kept, due)), closed_at=closed, due_at=due,
        yellow_at=kept["reported_at"] + 0.8 * (due - kept["reported_at"]),
        entered_at=_entered(kept, until), is_on_time=on_time,
        outcome=column(outcome if done else None for done in is_closed), accuracy_m=5.0, is_generated=True,
        recorded_at=kept["reported_at"],
    ))  # fmt: skip
    return _write_moves(db, kept, until)


def _clocks(cases: pd.DataFrame, due: pd.Series[datetime]) -> Iterator[dict[str, Any]]:
    """The clock of each case that has a limit, as `app.clocks` keeps it: urgent hours from filing on."""
    ends = cases["closed_at"].where(cases["status"] == "closed")
    for filed_at, due_at, ended_at in zip(cases["filed_at"], due, ends, strict=True):
        if pd.isna(due_at):
            yield {}
            continue
        yield {
            "limit": f"{(due_at - filed_at).total_seconds() / 3600:g} urgent_hour", "started_at": _utc(filed_at),
            "calendar": "default", "calendar_version": None, "pauses": [], "extended_at": [],
            "stopped_at": None if pd.isna(ended_at) else _utc(ended_at), "appeal_granted_at": None,
        }  # fmt: skip


def _utc(at: pd.Timestamp) -> str:
    return f"{at.isoformat()}+00:00"


def _entered(cases: pd.DataFrame, until: np.datetime64) -> pd.Series[datetime]:
    """When each case came to where it stands: its newest step that has happened."""
    steps = cases[["reported_at", *(f"{step}_at" for step in STEPS)]]
    return steps.where(steps <= until).max(axis=1)


def _write_moves(db: Session, cases: pd.DataFrame, until: np.datetime64) -> int:
    """One row a step that has happened."""
    rows = [_step(cases, None, "reported", cases["reported_at"], np.ones(len(cases), dtype=bool))]
    before = "reported"
    refused = (cases["status"] == "refused").to_numpy()
    for step in STEPS:
        happened = (cases[f"{step}_at"] <= until).to_numpy() & ~refused
        rows.append(_step(cases, before, step, cases[f"{step}_at"], happened))
        before = step
    rows.append(_step(cases, "reported", "refused", cases["filed_at"], refused))
    moves = pd.concat(rows).sort_values(["at", "case_id"])
    return put(db, "case_moves", moves.assign(actor="demo", recorded_at=moves["at"]))


ACTS = {"reported": "report", "filed": "file", "handling": "dispatch", "checking": "done", "closed": "close",
        "refused": "refuse"}  # fmt: skip


def _step(
    cases: pd.DataFrame, before: str | None, to: str, at: pd.Series[datetime], which: NDArray[np.bool_]
) -> pd.DataFrame:
    ids = cases["id"][which]
    return pd.DataFrame({"case_id": ids, "act": ACTS[to], "from_status": before, "to_status": to, "at": at[which]})


def emergency_class_ids(db: Session) -> dict[tuple[str, str], int]:
    """Classes of emergencies by scheme and code."""
    rows = db.execute(text("SELECT scheme, code, id FROM emergency_classes"))
    return {(row[0], row[1]): row[2] for row in rows}


def write_generated_events(db: Session, frame: pd.DataFrame, cells: CellIndex, zone: ZoneInfo) -> int:
    """Invented emergency events with the first line of their log."""
    known = emergency_class_ids(db)
    kept = locate(frame, cells, by="map").frame.reset_index(drop=True)
    ids = take_ids(db, "events", len(kept))
    days = kept["happened_at"].map(lambda at: at.astimezone(zone).strftime("%y%m%d"))
    order = days.groupby(days).cumcount() + 1
    put(db, "event_days", pd.DataFrame([
        {"day": datetime.strptime(str(day), "%y%m%d").date(), "last": last} for day, last in days.value_counts().items()
    ]))  # fmt: skip
    put(db, "events", kept.drop(columns="class_code").assign(
        id=ids, number=[f"E{day}{n:04d}" for day, n in zip(days, order, strict=True)],
        class_id=[known[("NEWS", code)] for code in kept["class_code"]], is_generated=True,
    ))  # fmt: skip
    return put(db, "event_entries", pd.DataFrame({
        "event_id": ids, "kind": "opened", "at": kept["happened_at"], "actor": "demo", "note": "",
        "data": column([{}] * len(ids)),
    }))  # fmt: skip
