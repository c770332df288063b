"""Files that are none, or not what they say: a clear answer with a stable code, and nothing left behind."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.datasets.models import Dataset, Upload
from app.datasets.originals import plain_name
from app.settings import Settings
from app.web.create import create_app
from tests import make, make_accounts
from tests.app.datasets import files
from tests.app.datasets.files import HERE
from tests.app.datasets.test_doctor import API, examined, send


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def city(db: Session, home: Path) -> Flask:
    make.city(db)
    app = create_app(Settings(home=home, layer_max_mb=1))
    app.testing = True
    return app


@pytest.fixture
def planner(city: Flask, db: Session) -> FlaskClient:
    return make_accounts.client_by_token(city, db, make_accounts.account(db, role="planner"))


def left(home: Path) -> list[Path]:
    return [one for one in (home / "uploads").rglob("*") if one.is_file()]


def packed(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name.replace("__", "."), body)
    return out.getvalue()


PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)
BAD = {
    "picture": ("photo.png", PNG, "datasets.kind_not_taken"),
    "a picture that says it is a package": ("roads.gpkg", PNG, "files.wrong_kind"),
    "a picture that says it is a table": ("roads.csv", PNG, "files.wrong_kind"),
    "JSON that says it is a table": ("roads.csv", files.points(HERE), "files.wrong_kind"),
    "a table that says it is GeoJSON": ("roads.geojson", files.csv(HERE).encode(), "files.wrong_kind"),
    "a table that says it is KML": ("roads.kml", files.csv(HERE).encode(), "files.wrong_kind"),
    "a table that says it is a workbook": ("roads.xlsx", files.csv(HERE).encode(), "files.wrong_kind"),
    "zeros": ("roads.csv", bytes(5000), "files.wrong_kind"),
    "one part of a Shapefile": ("roads.shp", b"\x00\x00\x27\x0a" + bytes(96), "files.shapefile_parts"),
    "nothing": ("roads.csv", b"", "files.empty"),
    "a name only": ("roads", b"x", "datasets.kind_not_taken"),
    "no rows": ("roads.csv", b"lon,lat,name\n", "datasets.no_rows"),
    "no features": ("roads.geojson", files.geojson([]), "datasets.no_rows"),
    "no place": ("roads.csv", b"a,b\n1,2\n", "datasets.no_place"),
    "an archive of pictures": ("roads.zip", packed(a__png=PNG), "files.unreadable"),
    "half an archive": ("roads.zip", packed(a__csv=files.csv(HERE).encode())[:60], "files.unreadable"),
    "a bomb": ("roads.zip", packed(a__csv=bytes(150 << 20)), "files.bomb"),
    "a bomb in a workbook": ("roads.xlsx", packed(xl__xml=bytes(150 << 20)), "files.bomb"),
    "a recipe for other files": ("roads.kml", b"<OGRVRTDataSource></OGRVRTDataSource>", "files.unreadable"),
    "more than is allowed": ("roads.csv", b"lon,lat\n" + b"121.45,31.23\n" * 100_000, "too_large"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_refused_with_its_code_and_leaves_nothing(
    what: str, planner: FlaskClient, home: Path, db: Session
) -> None:
    name, body, code = BAD[what]
    answer = send(planner, name, body)
    assert answer.mimetype == "application/problem+json"
    assert answer.json["code"] == code, answer.json
    assert "/" not in answer.json["detail"].replace("GPKG / ", "")  # nothing of where it lay on our disk
    assert answer.status_code == (413 if code == "too_large" else 422)
    assert left(home) == []
    assert db.query(Upload).count() == db.query(Dataset).count() == 0


def test_two_gigabytes_are_refused_by_their_announcement(planner: FlaskClient, home: Path) -> None:
    answer = planner.post(
        f"{API}/uploads?name=a.gpkg", data=b"x", content_type="application/octet-stream",
        environ_overrides={"CONTENT_LENGTH": str(2 << 30)},
    )  # fmt: skip
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")
    assert left(home) == []


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\data\\路灯.csv", "路灯.csv"),
        ("a\u202egpj.csv", "agpj.csv"),
        ("x" * 500 + ".csv", "x" * 116 + ".csv"),
        ("a\x00\n b.csv", "a b.csv"),
    ],
)
def test_a_name_says_no_more_than_a_name(given: str, name: str) -> None:
    assert plain_name(given) == name


def test_the_same_file_is_kept_once_for_two_people_and_goes_with_the_last(
    city: Flask, planner: FlaskClient, db: Session, home: Path
) -> None:
    other = make_accounts.client_by_token(city, db, make_accounts.account(db, role="evaluator"))
    key, _ = examined(planner, "a.geojson", files.points(HERE))
    theirs, _ = examined(other, "a.geojson", files.points(HERE))
    assert key != theirs
    assert other.get(f"{API}/uploads/{key}").status_code == 404
    assert [one["key"] for one in other.get(f"{API}/uploads").json["items"]] == [theirs]
    assert len(left(home)) == 1
    planner.delete(f"{API}/uploads/{key}")
    assert len(left(home)) == 1
    other.delete(f"{API}/uploads/{theirs}")
    assert left(home) == []


def test_who_may_not_upload_is_told_before_the_file_is_kept(city: Flask, db: Session, home: Path) -> None:
    inspector = make_accounts.client_by_token(city, db, make_accounts.account(db, role="inspector"))
    answer = send(inspector, "a.geojson", files.points(HERE))
    assert (answer.status_code, answer.json["code"]) == (403, "forbidden")
    assert left(home) == []
    assert city.test_client().post(f"{API}/uploads?name=a.csv", data=b"x").status_code == 401


def test_mends_that_leave_nothing_make_no_layer(planner: FlaskClient, db: Session) -> None:
    key, table = examined(planner, "far.geojson", files.points([(16.37, 48.2), (16.38, 48.2)]))
    answer = planner.post(API, json={"upload": key, "table": table["name"], "mends": {"inside": True}})
    assert (answer.status_code, answer.json["code"]) == (422, "datasets.nothing_left")
    unknown = planner.post(API, json={"upload": key, "table": table["name"], "mends": {"magic": True}})
    assert (unknown.status_code, unknown.json["code"]) == (422, "datasets.unknown_mend")
    assert db.query(Dataset).count() == 0


def test_an_upload_that_layers_are_made_of_stays(planner: FlaskClient) -> None:
    key, table = examined(planner, "a.geojson", files.points(HERE))
    planner.post(API, json={"upload": key, "table": table["name"]})
    for answer in (
        planner.delete(f"{API}/uploads/{key}"),
        planner.post(f"{API}/uploads/{key}/examinations", json={"table": "a"}),
    ):
        assert (answer.status_code, answer.json["code"]) == (409, "datasets.upload_in_use")


def test_an_upload_is_read_anew_as_the_user_says(planner: FlaskClient) -> None:
    key, table = examined(planner, "m.csv", "x,y,n\n400000.5,3500000.5,a\n")
    body = {"table": "m", "datum": "EPSG:4549"}
    answer = planner.post(f"{API}/uploads/{key}/examinations", json=body)
    assert answer.status_code == 200
    assert answer.json["tables"][0]["datum_read"] == "EPSG:4549"
    assert (table["datum_read"], table["share_in_city"]) == (None, None)
    for wrong, code in (({"datum": "nonsense"}, "gis.crs_unknown"), ({"encoding": "base64"}, "files.encoding_unknown")):
        refused = planner.post(f"{API}/uploads/{key}/examinations", json={"table": "m"} | wrong)
        assert (refused.status_code, refused.json["code"]) == (422, code)
    assert planner.post(f"{API}/uploads/{key}/examinations", json={"table": "x"}).status_code == 404


def test_an_encoding_that_was_named_is_used_to_make_the_layer(planner: FlaskClient) -> None:
    key, _ = examined(planner, "big5.csv", files.csv(HERE[:2], more=["臺北", "高雄"]).encode("big5"))
    planner.post(f"{API}/uploads/{key}/examinations", json={"table": "big5", "encoding": "big5"})
    [layer] = planner.post(API, json={"upload": key, "table": "big5"}).json["items"]
    features = planner.get(f"/api/v1/layers/{layer['id']}/features").json["features"]
    assert [one["properties"]["name"] for one in features] == ["臺北", "高雄"]
