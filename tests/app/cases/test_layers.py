"""Cases and components as layers: the same rows as in the list at every door, for the same person."""

from __future__ import annotations

import gzip

import mapbox_vector_tile
import pytest
from flask.testing import FlaskClient
from flask_openapi3 import OpenAPI
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.cases import acts
from layers.mercator import tile_at
from tests import make, make_accounts, make_cases

AT = tile_at(*make_cases.HERE, 16)


@pytest.fixture
def south(app: OpenAPI, db: Session) -> FlaskClient:
    """An inspector of the southern community, logged in."""
    make.city(db)
    return make_accounts.client_as(app, make_accounts.account(db, role="inspector", areas=[make_cases.SOUTH_AREA]))


def numbers(client: FlaskClient, **query: str) -> list[str]:
    told = client.get("/api/v1/layers/cases/features", query_string=query).get_json()
    assert told["matched"] == len(told["features"])
    return [one["properties"]["number"] for one in told["features"]]


def test_another_streets_cases_are_in_no_face_of_the_layer(south: FlaskClient, db: Session) -> None:
    mine, far = make_cases.case(db), make_cases.case(db, at=make_cases.NORTH)
    assert numbers(south) == [mine.number]
    assert south.get(f"/api/v1/layers/cases/features/{far.id}").status_code == 404
    assert south.get("/api/v1/layers/cases/counts?by=area").get_json()["total"] == 1
    assert south.get("/api/v1/layers/cases/legend").get_json()["total"] == 1
    tile = south.get(f"/tiles/cases/{AT.z}/{AT.x}/{AT.y}.mvt")
    data = gzip.decompress(tile.data) if tile.data[:2] == b"\x1f\x8b" else tile.data
    found = [one for layer in mapbox_vector_tile.decode(data).values() for one in layer["features"]]
    assert [one["id"] for one in found] == [mine.id]
    exported = south.get("/layers/cases/export?format=geojson", buffered=True)
    assert exported.status_code in (200, 403)
    assert far.number not in exported.get_data(as_text=True)


def test_the_layer_takes_the_lists_filters(south: FlaskClient, db: Session) -> None:
    lamp = make_cases.case(db, description="very dark")
    event = make_cases.case_class(db, "0102", kind="event", name_zh="暴露垃圾", name_en="Exposed refuse")
    mess = make_cases.case(db, class_id=event.id, source="public")
    acts.act(db, make_cases.viewer("intake"), mess.number, "file")
    for query, expected in (
        ({"f.status": "filed"}, [mess]),
        ({"f.status": "filed,reported"}, [lamp, mess]),
        ({"f.kind": "component"}, [lamp]),
        ({"f.source": "public"}, [mess]),
        ({"f.major": str(event.parent_id)}, [mess]),
        ({"q": "dark"}, [lamp]),
        ({"area": make_cases.NORTH_AREA}, []),
        ({"to": "2020-01-01"}, []),
    ):
        assert sorted(numbers(south, **query)) == sorted(one.number for one in expected), query
    assert south.get("/api/v1/layers/cases/features?f.major=999999").status_code == 422
    assert south.get("/api/v1/layers/cases/features?f.status=asleep").status_code == 422


def test_a_stand_in_point_is_told_from_a_true_place(south: FlaskClient, db: Session) -> None:
    case = make_cases.case(db)
    db.execute(text("UPDATE cases SET located_by = 'default'"))
    assert numbers(south, **{"f.is_located": "true"}) == []
    assert numbers(south, **{"f.is_located": "false"}) == [case.number]


def test_sign_says_kind_and_progress_and_has_words_in_both_languages(south: FlaskClient, db: Session) -> None:
    make_cases.case(db)
    [feature] = south.get("/api/v1/layers/cases/features").get_json()["features"]
    assert feature["properties"]["sign"] == "component_waiting"
    for lang, words in (("en", "Component fault, waiting"), ("zh", "部件问题，待受理")):
        told = south.get(f"/api/v1/layers/cases/legend?lang={lang}").get_json()
        counted = {one["label"]: one["count"] for one in told["items"]}
        assert counted[words] == 1
    majors = next(
        field["choices"]
        for layer in south.get("/api/v1/layers?lang=zh").get_json()["items"]
        if layer["id"] == "cases"
        for field in layer["fields"]
        if field["name"] == "major"
    )
    assert list(majors.values()) == ["公用设施"]


def test_components_are_a_layer_with_their_condition(south: FlaskClient, db: Session) -> None:
    lamp = make_cases.component(db, state="damaged")
    make_cases.component(db, at=make_cases.NORTH)
    told = south.get("/api/v1/layers/components/features?f.state=damaged").get_json()
    [feature] = told["features"]
    assert (feature["id"], feature["properties"]["name_zh"]) == (lamp.id, "路灯")
    assert south.get("/api/v1/layers/components/features").get_json()["matched"] == 1
    assert south.get("/api/v1/layers/components/legend").get_json()["total"] == 1
