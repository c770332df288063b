"""Recorded cases with their times, limit and outcome; those on the default point are re-located where possible."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.cases import catalogue
from app.cases.models import ClassKind
from app.cities import records
from app.cities.profile import File, LocalCatalogue, Profile, RecordedCases
from app.cities.sources.case_places import placed
from app.cities.sources.refused import Refused
from app.cities.sources.tables import Source
from app.cities.writing import put, take_ids
from grid.index import CellIndex


def load_catalogue(db: Session, source: Source, local: LocalCatalogue) -> None:
    """A catalogue of major and minor classes with department from a file."""
    if local.file is None:
        return
    rows = pd.read_csv(source.path(local.file), dtype=str, keep_default_na=False)
    if local.weight:
        rows = rows.sort_values(local.weight, key=pd.to_numeric, ascending=False, kind="stable")
    scheme = catalogue.add_scheme(db, local.scheme, local.version, local.title_zh, local.title_en)
    kind = ClassKind.EVENT
    for position, (major, group) in enumerate(rows.groupby(local.major, sort=True), start=1):
        code = f"{position:02d}"
        parent = catalogue.add_class(db, scheme, kind, code, str(major), str(major))
        minors = group.drop_duplicates(local.minor).sort_values(local.minor)
        for number, row in enumerate(minors.to_dict("records"), start=1):
            extra = {key: row[column] for key, column in local.extra.items() if row[column]}
            catalogue.add_class(
                db, scheme, kind, f"{code}{number:02d}", row[local.minor], row[local.minor],
                parent=parent, department=row[local.department] or None, attributes=extra,
            )  # fmt: skip


def write_cases(
    db: Session, source: Source, profile: Profile, cells: CellIndex, addresses: pd.DataFrame, refused: Refused
) -> dict[str, int]:
    """All recorded cases and their moves; returns counts by how they were located.

    `addresses` is the city's frame of them with the column `id`, 0 for those that were left out.
    """
    part = profile.cases
    if part is None:
        return {}
    rows = source.rows(File(file=part.file))
    frame = _facts(db, part, rows, ZoneInfo(profile.city.time_zone))
    frame = placed(frame, rows, part, addresses)
    located = records.locate(frame, cells, by=None)
    refused.add(part.file, rows.iloc[located.outside], "grid.outside_city", "outside the city's cells")
    kept = located.frame.reset_index(drop=True)
    kept["id"] = take_ids(db, "cases", len(kept))
    kept["duty_cell_id"] = records.duty_cells(db, kept["unit_cell_id"])
    kept["yellow_at"] = kept["reported_at"] + 0.8 * (kept["due_at"] - kept["reported_at"])
    kept["entered_at"] = kept["closed_at"].fillna(kept["reported_at"])
    put(db, "cases", kept)
    _write_moves(db, kept)
    return {str(by): int(count) for by, count in kept["located_by"].value_counts().items()}


def _facts(db: Session, part: RecordedCases, rows: pd.DataFrame, zone: ZoneInfo) -> pd.DataFrame:
    """Columns of the cases table from the file's columns, without place."""
    column = part.columns
    classes = _class_ids(db, part.scheme)
    keys = list(zip(rows[column["major"]], rows[column["minor"]], strict=True))
    number = rows[column["number"]]
    return pd.DataFrame({
        "number": number, "external_id": number, "external_system": part.system,
        "class_id": [classes[key] for key in keys],
        "status": rows[column["status"]].map(part.statuses), "source": rows[column["source"]].map(part.sources),
        "description": rows[column["description"]], "department": _or_none(rows[column["department"]]),
        "reported_at": local_times(rows[column["reported_at"]], zone),
        "due_at": local_times(rows[column["due_at"]], zone), "closed_at": local_times(rows[column["closed_at"]], zone),
        "is_on_time": np.array([part.on_time.get(value) for value in rows[column["on_time"]]], dtype=object),
        "outcome": _or_none(rows[column["outcome"]]),
    })  # fmt: skip


def _class_ids(db: Session, scheme: str) -> dict[tuple[str, str], int]:
    """Minor classes of a scheme by the names of both levels."""
    rows = db.execute(text(
        "SELECT major.name_en, minor.name_en, minor.id FROM case_classes minor "
        "JOIN case_classes major ON major.id = minor.parent_id "
        "JOIN catalogue_schemes s ON s.id = minor.scheme_id WHERE s.name = :scheme ORDER BY s.is_active, s.id"
    ), {"scheme": scheme})  # fmt: skip
    return {(major, minor): key for major, minor, key in rows}


def local_times(values: pd.Series[str], zone: ZoneInfo) -> pd.Series[pd.Timestamp]:
    """Wall-clock times of a zone as UTC; blank is null. A skipped time moves on, a doubled one is the first."""
    naive = pd.to_datetime(values.replace("", None), format="%Y-%m-%d %H:%M:%S")
    first = np.ones(len(values), dtype=bool)
    return naive.dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward").dt.tz_convert("UTC")


def _or_none(values: pd.Series[str]) -> pd.Series[str]:
    return values.where(values != "", None)


def _write_moves(db: Session, cases: pd.DataFrame) -> None:
    """Reported and, where the source says so, closed. A closing before the opening is kept as it is recorded."""
    closed = cases[cases["status"].eq("closed") & cases["closed_at"].notna()]
    first = {
        "case_id": cases["id"],
        "act": "report",
        "from_status": None,
        "to_status": "reported",
        "at": cases["reported_at"],
    }
    last = {
        "case_id": closed["id"],
        "act": "self_handled",
        "from_status": "reported",
        "to_status": "closed",
        "at": closed["closed_at"],
    }
    put(db, "case_moves", pd.concat([pd.DataFrame(first), pd.DataFrame(last)]).assign(actor="import"))
