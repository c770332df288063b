"""The areas offered to narrow a list to."""

from __future__ import annotations

import pytest
from flask_openapi3 import OpenAPI
from shapely.geometry import box
from sqlalchemy.orm import Session

from app.web import area_choice
from grid.reach import Viewer
from tests import make


def choices(app: OpenAPI, db: Session, *prefixes: str) -> list[str]:
    with app.test_request_context("/?lang=en"):
        return [code for code, _ in area_choice.area_choices(db, Viewer(None, "x", "clerk", prefixes))]


def test_areas_in_reach_are_offered_by_name_a_wide_one_before_those_inside_it(app: OpenAPI, db: Session) -> None:
    make.city(db)
    everything = ["310199", "310199001", "310199001001", "310199001002"]
    assert choices(app, db, "") == everything
    assert choices(app, db, "310199001") == everything[1:]
    assert choices(app, db, "310199001002") == everything[3:]
    assert choices(app, db) == []
    with app.test_request_context("/?lang=en"):
        assert area_choice.area_choices(db, Viewer(None, "x", "clerk", ("310199001002",))) == [
            ("310199001002", "Area 310199001002")
        ]


def test_where_there_are_too_many_to_read_through_the_finest_level_is_left_out(
    app: OpenAPI, db: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.city(db)
    make.area(db, "310199001003", box(make.WEST - 0.01, make.SOUTH, make.WEST - 0.009, make.SOUTH + 0.001))
    monkeypatch.setattr(area_choice, "ALL_LEVELS_MAX", 4)
    assert choices(app, db, "") == ["310199", "310199001"]
