"""Rows that come again, and ids that are given twice: seen over all batches of a file."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from numpy.typing import NDArray

from gis.files.batch import Batch

Geometries = NDArray[np.object_]
ID_NAMES = ("id", "fid", "gid", "uid", "oid", "objectid", "code", "编号", "编码", "代码", "标识码", "序号")
ID_ENDS = ("_id", " id", "id编号", "编号", "编码", "标识码")
END = "\x1f"
SEEN_MAX = 5_000_000  # some 400 MB


class Known:
    """The rows that were seen, as hashes; of a file of more than `SEEN_MAX` rows the later ones are not compared."""

    def __init__(self) -> None:
        self.rows: set[int] = set()

    def again(self, batch: Batch, geoms: Geometries) -> NDArray[np.bool_]:
        """Which rows stand word for word, geometry included, in what was seen before them."""
        if len(self.rows) >= SEEN_MAX:
            return np.zeros(len(batch.table), dtype=bool)
        shapes = pa.array(shapely.to_wkb(geoms, hex=True), pa.string())
        texts = [_text(column) for column in batch.table.columns]
        whole = pc.binary_join_element_wise(*(pc.fill_null(one, "\x00") for one in (*texts, shapes)), END)
        out = np.zeros(len(batch.table), dtype=bool)
        for index, text in enumerate(whole.to_pylist()):
            mark = hash(text)
            out[index] = mark in self.rows
            self.rows.add(mark)
        return out


class Doubles:
    """The values of a column that ought to tell rows apart."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    def repeated(self, column: pa.ChunkedArray) -> NDArray[np.bool_]:
        """Which rows have a value that a row before them has."""
        out = np.zeros(len(column), dtype=bool)
        if len(self.seen) >= SEEN_MAX:
            return out
        for index, value in enumerate(_text(column).to_pylist()):
            if value:
                out[index] = self.seen[value] > 0
                self.seen[value] += 1
        return out

    def numbered(self, column: pa.ChunkedArray) -> pa.Array:
        """The values as texts, the second of one as ``a-2``, the third as ``a-3``; one that is there is not made."""
        made: list[str | None] = []
        for value in _text(column).to_pylist():
            if not value:
                made.append(value)
                continue
            self.seen[value] += 1
            name, number = value, self.seen[value]
            while number > 1 and self.seen[name := f"{value}-{number}"]:
                number += 1
            if name != value:
                self.seen[name] += 1
                self.seen[value] = number
            made.append(name)
        return pa.array(made, pa.string())


def is_id_name(name: str) -> bool:
    """Whether a column's name says that its values tell rows apart, of this table or of another."""
    return is_plain_id(name) or name.strip().lower().endswith(ID_ENDS)


def is_plain_id(name: str) -> bool:
    """Whether a column's name says that its values tell the rows of this very table apart."""
    return name.strip().lower() in ID_NAMES


def _text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_string(column.type):
        return column
    try:
        return column.cast(pa.string())
    except pa.ArrowException:
        return pa.chunked_array(
            [pa.array([None if one is None else str(one) for one in column.to_pylist()], pa.string())]
        )
