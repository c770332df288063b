"""What is made from a whole row: an id for rows without one, and the columns that no field took."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from app.imports.cast import as_text
from gis.files.batch import Batch


def digests(given: pa.Array, batch: Batch) -> pa.Array:
    """External ids for rows that have none: a digest of the whole row, so that the same row is known again."""
    texts = [as_text(column).combine_chunks() for column in batch.table.columns]
    shape = batch.wkb.to_pylist() if batch.wkb is not None else [b""] * len(given)
    joined = (
        pc.binary_join_element_wise(*texts, "\x1f", null_handling="replace", null_replacement="\x1e").to_pylist()
        if texts
        else [""] * len(given)
    )
    ids = given.to_pylist()
    for row in np.nonzero(given.is_null().to_numpy(zero_copy_only=False))[0]:
        ids[row] = "sha256:" + hashlib.sha256(joined[row].encode() + (shape[row] or b"")).hexdigest()[:40]
    return pa.array(ids, pa.string())


def rest_json(table: pa.Table, names: Iterable[str]) -> pa.Array:
    """The columns that no field took, as a JSON object for each row, under their names; empty values are left out."""
    parts = []
    for name in names:
        texts = as_text(table.column(name)).combine_chunks()
        quoted = pc.replace_substring(pc.replace_substring(texts, "\\", "\\\\"), '"', '\\"')
        if pc.any(pc.match_substring_regex(quoted, r"[\x00-\x1f]")).as_py():
            escaped = [None if one is None else json.dumps(one, ensure_ascii=False)[1:-1] for one in texts.to_pylist()]
            quoted = pa.array(escaped, pa.string())
        lead = ", " + json.dumps(name, ensure_ascii=False) + ': "'
        part = pc.binary_join_element_wise(pa.scalar(lead), quoted, pa.scalar('"'), "")
        parts.append(pc.fill_null(part, ""))  # not null_handling="skip": Arrow drops a row whose parts are all null
    if not parts:
        return pa.repeat("{}", len(table))
    inside = pc.utf8_slice_codeunits(pc.binary_join_element_wise(*parts, ""), 2)  # without the first comma
    return pc.binary_join_element_wise(pa.scalar("{"), inside, pa.scalar("}"), "")
