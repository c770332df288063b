"""Where recorded cases lie: their own point, or their address where the point is the source's stand-in."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from app.cities.profile import AddressKeys, RecordedCases
from app.cities.sources.relocate import Found, gazetteer
from app.cities.sources.tables import fill

SOURCE_ACCURACY_M = 10.0  # the source rounds its coordinates to four decimals


def placed(frame: pd.DataFrame, rows: pd.DataFrame, part: RecordedCases, addresses: pd.DataFrame) -> pd.DataFrame:
    """Place, method, accuracy and address of each case.

    `addresses` is the city's frame of them with the column `id`, 0 for those that are not in the city.
    """
    column = part.columns
    stand_in = (rows[column["default_location"]] == "1").to_numpy()
    known = gazetteer(addresses)
    found = [
        known.find(address) if is_stand_in and address else None
        for is_stand_in, address in zip(stand_in, rows[column["address"]], strict=True)
    ]
    moved = np.array([one is not None for one in found])
    points = rows["geom"].to_numpy().copy()
    points[moved] = [shapely.Point(one.lon, one.lat) for one in found if one]
    address_id = named_addresses(rows, part.address_keys, addresses)
    address_id[stand_in] = None
    address_id[moved] = [addresses["id"].iat[one.row] or None for one in found if one]
    return frame.assign(
        geom=points, attributes=_attributes(rows, part, found), address_id=address_id,
        located_by=np.where(moved, "address", np.where(stand_in, "default", "import")),
        accuracy_m=_accuracy(found, stand_in),
    )  # fmt: skip


def named_addresses(rows: pd.DataFrame, keys: AddressKeys | None, addresses: pd.DataFrame) -> NDArray[np.object_]:
    """The id of the known address that each row names, None where it names none."""
    named = np.full(len(rows), None, dtype=object)
    if keys is None:
        return named
    ids = dict(zip(addresses["external_id"], addresses["id"], strict=True))
    for value, template in keys.keys.items():
        here = (rows[keys.column] == value).to_numpy()
        named[here] = [int(ids.get(key, 0)) or None for key in fill(template, rows[here])]
    return named


def _attributes(rows: pd.DataFrame, part: RecordedCases, found: list[Found | None]) -> NDArray[np.object_]:
    """What the source says besides, and the method by which a place was found."""
    names = {"address": part.columns["address"]} | {
        key.removeprefix("keep_"): name for key, name in part.columns.items() if key.startswith("keep_")
    }
    kept = rows[list(names.values())].set_axis(list(names), axis=1).to_dict("records")
    for one, row in zip(found, kept, strict=True):
        if one is not None:
            row["relocated"] = one.method
    return np.array(kept, dtype=object)


def _accuracy(found: list[Found | None], stand_in: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Metres: of the address found, of the source's rounding, or unknown for a stand-in point."""
    return np.array([
        one.accuracy_m if one else (np.nan if default else SOURCE_ACCURACY_M)
        for one, default in zip(found, stand_in, strict=True)
    ])  # fmt: skip
