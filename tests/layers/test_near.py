"""Pages by rectangle: the same rows in the same order whether few, many or very many lie in it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from layers import features, near
from layers.filters import read_filter
from tests import make
from tests.layers.test_tiles import SOUTH_CELL, spread
from tests.layers.things import EVERYBODY, LAMPS, NOWHERE, lamps

HALF = (make.WEST, make.SOUTH, make.WEST + 0.00095, make.SOUTH + 0.0019)


@pytest.mark.parametrize(("most", "wide"), [(100, 1000), (10, 1000), (10, 11), (11, 12), (0, 0)])
def test_pages_of_a_rectangle_hold_each_of_its_rows_once_by_id(
    db: Session, monkeypatch: pytest.MonkeyPatch, most: int, wide: int
) -> None:
    cell = make.city(db)[SOUTH_CELL]
    places = spread(40)
    lamps(db, cell, places)
    inside = sum(lon <= HALF[2] for lon, _ in places)
    assert 12 < inside < 40
    monkeypatch.setattr(near, "MOST", most)
    monkeypatch.setattr(near, "WIDE", wide)
    monkeypatch.setattr(features, "WIDE", wide)
    layer = replace(LAMPS)  # statements are kept by layer: this one's are made with the limits above
    got: list[int] = []
    after, known = None, None
    while True:
        page = features.page(db, layer, EVERYBODY, bbox=HALF, after=after, limit=7, known=known)
        assert page.matched in (inside, None)
        assert (page.matched is None) == (inside > wide)
        got += [json.loads(one)["id"] for one in page.features]
        if page.last_id is None:
            break
        after, known = page.last_id, page.matched
    assert got == sorted(set(got))
    assert len(got) == inside
    assert features.matched(db, layer, EVERYBODY, bbox=HALF) == inside
    none = read_filter(layer, {"f.kind": "poi"})
    assert features.page(db, layer, EVERYBODY, none, bbox=HALF).features == []
    assert features.page(db, layer, NOWHERE, bbox=HALF).features == []
