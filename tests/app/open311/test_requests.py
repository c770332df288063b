"""Service requests as anybody reads them: shape, filters, pages, and what is public and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, update
from sqlalchemy.orm import Session

from app.cases import public
from app.cases.models import Case, CaseClass, CaseMove, CaseStatus
from app.open311.models import ServiceType
from grid.located import LocatedBy
from tests import make, make_cases, make_open311

NOW = datetime.now(UTC)
BASE = "/open311/v2/requests"


def case(db: Session, lamp: CaseClass, **given: Any) -> Case:
    """A case that the public reported, by default an hour ago."""
    return make_cases.case(db, **({"class_id": lamp.id, "source": "public", "reported_at": ago(hours=1)} | given))


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def moved(db: Session, one: Case, to: CaseStatus, at: datetime) -> None:
    """A later state of a case, with its move."""
    db.add(
        CaseMove(
            case_id=one.id,
            act="moved",
            from_status=one.status.value,
            to_status=to,
            at=at,
            actor="Li Si",
            note="call Wang",
        )
    )
    one.status = to
    one.closed_at = at if to == CaseStatus.CLOSED else None
    db.flush()


def ids(client: FlaskClient, **query: Any) -> list[str]:
    answer = client.get(f"{BASE}.json", query_string=query)
    assert answer.status_code == 200, answer.text
    return [one["service_request_id"] for one in answer.get_json()]


def error(client: FlaskClient, **query: Any) -> tuple[int, str]:
    answer = client.get(f"{BASE}.json", query_string=query)
    [told] = answer.get_json()
    assert told["code"] == answer.status_code
    return answer.status_code, answer.headers["X-Error-Code"]


def test_a_request_tells_what_the_standard_names(client: FlaskClient, db: Session, lamp: CaseClass) -> None:
    door = make_open311.door(db)
    one = case(db, lamp, description="Dark since Monday.", reported_at=datetime(2026, 3, 1, 0, 30, tzinfo=UTC))
    one.due_at = one.yellow_at = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    one.department = "Roads"
    moved(db, one, CaseStatus.HANDLING, datetime(2026, 3, 1, 4, 0, 0, 900, tzinfo=UTC))
    expected = {
        "service_request_id": one.number,
        "status": "open",
        "status_notes": "Being handled",
        "service_name": "Street lamp",
        "service_code": make_open311.LAMP,
        "description": "Dark since Monday.",
        "agency_responsible": "Roads",
        "service_notice": None,
        "requested_datetime": "2026-03-01T08:30:00+08:00",
        "updated_datetime": "2026-03-01T12:00:00+08:00",
        "expected_datetime": "2026-03-02T09:00:00+08:00",
        "address": "1038 Nanjing West Road",
        "address_id": str(door.id),
        "zipcode": None,
        "lat": pytest.approx(make_cases.HERE[1]),
        "long": pytest.approx(make_cases.HERE[0]),
        "media_url": None,
    }
    for path in (f"{BASE}/{one.number}", f"/open311/v2/request/{one.number}"):
        assert client.get(f"{path}.json").get_json() == [expected]
    [told] = make_open311.plain(make_open311.tree(client.get(f"{BASE}/{one.number}.xml")))
    texts = {name: "" if value is None else str(value) for name, value in expected.items()}
    del texts["lat"], texts["long"]
    assert {name: told[name] for name in texts} == texts
    assert (float(told["lat"]), float(told["long"])) == pytest.approx((make_cases.HERE[1], make_cases.HERE[0]))


@pytest.mark.parametrize("status", list(CaseStatus))
def test_a_status_is_open_or_closed_and_the_notes_say_more(
    client: FlaskClient, db: Session, lamp: CaseClass, status: CaseStatus
) -> None:
    moved(db, case(db, lamp), status, ago(minutes=1))
    [told] = client.get(f"{BASE}.json").get_json()
    is_over = status in (CaseStatus.CLOSED, CaseStatus.REFUSED, CaseStatus.VOID, CaseStatus.MERGED)
    assert told["status"] == ("closed" if is_over else "open")
    assert ids(client, status=told["status"]) == [told["service_request_id"]]
    assert ids(client, status="closed" if told["status"] == "open" else "open") == []
    [chinese] = client.get(f"{BASE}.json?lang=zh").get_json()
    assert (told["status_notes"] != "", chinese["service_name"]) == (True, "路灯")


@pytest.mark.parametrize("source", ["inspector", "hotline", "department", "sensor", "video", "import"])
def test_what_the_city_wrote_itself_is_not_public(
    client: FlaskClient, db: Session, lamp: CaseClass, source: str
) -> None:
    one = case(db, lamp, source=source, description="Mrs Wang, flat 3, complains again")
    photo = make_cases.photo_row(db, case_id=one.id)
    [told] = client.get(f"{BASE}.json?extensions=true").get_json()
    assert (told["service_request_id"], told["description"], told["media_url"]) == (one.number, None, None)
    assert told["extended_attributes"]["photos"] == []
    assert client.get(f"/open311/v2/media/{photo.key}.jpg").status_code == 404


@pytest.mark.parametrize("status", [CaseStatus.REFUSED, CaseStatus.VOID])
def test_words_and_photos_of_what_the_city_refused_are_not_public(
    client: FlaskClient, db: Session, lamp: CaseClass, status: CaseStatus
) -> None:
    one = case(db, lamp, description="an insult")
    one.attributes = {"open311": {"media_url": "https://example.org/insult.jpg"}}
    photo = make_cases.photo_row(db, case_id=one.id)
    moved(db, one, status, ago(minutes=1))
    [told] = client.get(f"{BASE}.json").get_json()
    assert (told["status"], told["description"], told["media_url"]) == ("closed", None, None)
    assert client.get(f"/open311/v2/media/{photo.key}.jpg").status_code == 404


def test_notes_actors_and_outcomes_of_officers_are_nowhere(client: FlaskClient, db: Session, lamp: CaseClass) -> None:
    one = case(db, lamp, description="dark")
    one.outcome = "told Zhao at home"
    moved(db, one, CaseStatus.CLOSED, ago(minutes=1))
    for form in ("xml", "json"):
        text = client.get(f"{BASE}.{form}?extensions=true").text
        for private in ("Li Si", "call Wang", "Zhao"):
            assert private not in text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Ring 138 0013 8000 or +86 13800138000.", "Ring … or …."),
        ("电话13800138000，找老王", "电话…，找老王"),
        ("021-6279 9999 / (617) 555-0134 / 617.555.0134", "… / … / …"),
        ("mail wang.li@example.com!", "mail …!"),
        ("请联系wang@example.com", "请联系…"),
        ("ID 310199199005170016", "ID …"),
        ("车牌沪A12345挡路", "车牌…挡路"),
        ("Since 2026-11-22, 25 cm", "Since 2026-11-22, 25 cm"),
        ("1038 Nanjing Road, 1234567.89 m", "1038 Nanjing Road, 1234567.89 m"),
        ("at 31.2310, 121.4510", "at 31.2310, 121.4510"),
        ("lamps 12, 13, 14 and 15", "lamps 12, 13, 14 and 15"),
    ],
)  # fmt: skip
def test_numbers_and_addresses_that_reach_a_person_are_taken_out_of_words(written: str, shown: str) -> None:
    assert public.without_personal(written) == shown


def test_a_class_kept_from_the_public_is_not_shown(client: FlaskClient, db: Session, lamp: CaseClass) -> None:
    one = case(db, lamp)
    photo = make_cases.photo_row(db, case_id=one.id)
    make_open311.batch(db, lamp, is_public=False, kind=ServiceType.REALTIME)
    assert ids(client) == []
    assert client.get(f"{BASE}/{one.number}.json").status_code == 404
    assert error(client, service_request_id=one.number) == (404, "open311.no_request")
    assert client.get(f"/open311/v2/media/{photo.key}.jpg").status_code == 404


def test_a_case_on_a_stand_in_point_has_no_place(client: FlaskClient, db: Session, lamp: CaseClass) -> None:
    make_open311.door(db)
    case(db, lamp).located_by = LocatedBy.DEFAULT
    db.flush()
    [told] = client.get(f"{BASE}.json").get_json()
    assert (told["lat"], told["long"], told["address"], told["address_id"]) == (None, None, None, None)


def test_photos_of_the_public_are_served_to_anybody(client: FlaskClient, db: Session, key: str) -> None:
    photos = [make_open311.photo(size=(800, 600)), make_open311.photo()]
    [made] = make_open311.report(client, key, media=photos).get_json()
    [told] = client.get(f"{BASE}/{made['service_request_id']}.json?extensions=yes").get_json()
    assert told["media_url"].startswith("http://localhost/open311/v2/media/")
    assert [told["media_url"], *told["extended_attributes"]["photos"][1:]] == told["extended_attributes"]["photos"]
    with client.get(told["media_url"]) as photo:
        assert (photo.status_code, photo.mimetype, photo.data[:3]) == (200, "image/jpeg", b"\xff\xd8\xff")
        assert photo.headers["Cache-Control"] == "public, max-age=3600"


def test_a_link_to_a_photo_elsewhere_is_given_back(client: FlaskClient, db: Session, key: str) -> None:
    link = "https://example.org/a.jpg?x=1&y=<2>"
    [made] = make_open311.report(client, key, media_url=link).get_json()
    [told] = client.get(f"{BASE}/{made['service_request_id']}.json").get_json()
    [in_xml] = make_open311.plain(make_open311.tree(client.get(f"{BASE}/{made['service_request_id']}.xml")))
    assert told["media_url"] == in_xml["media_url"] == link


def test_the_newest_90_days_are_listed_newest_first(client: FlaskClient, db: Session, lamp: CaseClass) -> None:
    old = case(db, lamp, reported_at=ago(days=91))
    older, newer = case(db, lamp, reported_at=ago(days=89)), case(db, lamp)
    assert ids(client) == [newer.number, older.number]
    assert ids(client, start_date=(NOW - timedelta(days=100)).isoformat()) == [older.number, old.number]
    assert ids(client, service_request_id=old.number) == [old.number]


def test_dates_take_in_both_ends(client: FlaskClient, db: Session, lamp: CaseClass) -> None:
    at = datetime(2026, 3, 1, 0, 30, 15, 400, tzinfo=UTC)
    one = case(db, lamp, reported_at=at)
    [shown] = [client.get(f"{BASE}/{one.number}.json").get_json()[0]["requested_datetime"]]
    assert ids(client, start_date=shown, end_date=shown) == [one.number]
    assert ids(client, end_date="2026-03-01T00:30:14Z") == []
    assert ids(client, start_date="2026-03-01T00:30:16Z") == []
    assert ids(client, start_date="2026-03-01", end_date="2026-03-01") == [one.number]  # a day of the city
    assert ids(client, end_date="2026-02-28") == []
    assert client.get(f"{BASE}.json?end_date=2026-03-01T08:30:15+08:00").get_json() != []  # a + that became a blank


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-04-01T00:00:01Z"}, 400, "open311.bad_argument"),
        ({"start_date": "2026-03-02", "end_date": "2026-03-01"}, 400, "open311.bad_argument"),
        ({"start_date": "yesterday"}, 400, "open311.bad_argument"),
        ({"start_date": "2026-13-01"}, 400, "open311.bad_argument"),
        ({"start_date": "9999-12-31T23:59:59-14:00"}, 400, "open311.bad_argument"),
        ({"end_date": "0001-01-01"}, 400, "open311.bad_argument"),
        ({"start_date": "2026-03-01T08:00:00"}, 400, "open311.bad_argument"),  # no zone
        ({"updated_after": "2020-01-01", "updated_before": "2021-01-01"}, 400, "open311.bad_argument"),
        ({"status": "pending"}, 400, "open311.bad_argument"),
        ({"service_code": "no-such"}, 404, "open311.no_service"),
        ({"service_request_id": "1"}, 404, "open311.no_request"),
        ({"service_request_id": "a\x00b"}, 400, "open311.bad_argument"),
        ({"jurisdiction_id": "elsewhere"}, 404, "open311.no_jurisdiction"),
        ({"bbox": "1,2,3"}, 400, "invalid_input"),
        ({"bbox": "10,0,0,10"}, 400, "invalid_input"),
        ({"page_size": "0"}, 400, "open311.bad_argument"),
        ({"page_size": "1001"}, 400, "open311.bad_argument"),
        ({"page": "1.5"}, 400, "open311.bad_argument"),
        ({"cursor": "x"}, 400, "invalid_input"),
        ({"cursor": "WzFd"}, 400, "open311.bad_argument"),
    ],
)
def test_arguments_that_can_not_be_read_are_told(
    client: FlaskClient, lamp: CaseClass, query: dict[str, str], status: int, code: str
) -> None:
    assert error(client, **query) == (status, code)


def test_exactly_90_days_may_be_asked(client: FlaskClient, lamp: CaseClass) -> None:
    assert ids(client, start_date="2026-01-01T00:00:00Z", end_date="2026-04-01T00:00:00Z") == []


def test_empty_arguments_count_as_not_given(client: FlaskClient, db: Session, lamp: CaseClass) -> None:
    one = case(db, lamp)
    names = (
        "jurisdiction_id", "service_request_id", "service_code", "start_date", "end_date", "status", "bbox", "page",
        "page_size", "cursor", "updated_after", "updated_before", "extensions",
    )  # fmt: skip
    assert ids(client, **dict.fromkeys(names, "")) == [one.number]


def test_ids_override_all_other_arguments(client: FlaskClient, db: Session, lamp: CaseClass) -> None:
    first, second = case(db, lamp), case(db, lamp)
    query = {"service_request_id": f"{first.number}, {second.number},1", "status": "closed", "start_date": "nonsense"}
    assert set(ids(client, **query)) == {first.number, second.number}


def test_codes_and_statuses_may_be_several(client: FlaskClient, db: Session, lamp: CaseClass) -> None:
    bench = make_cases.case_class(db, "0119", name_zh="长椅", name_en="Bench")
    bin_ = make_cases.case_class(db, "0120", name_zh="垃圾桶", name_en="Bin")
    one, two, _three = (case(db, it) for it in (lamp, bench, bin_))
    codes = f"{make_open311.LAMP},{make_open311.code_of(bench).upper()}"
    assert set(ids(client, service_code=codes)) == {one.number, two.number}
    assert len(ids(client, status="open,closed")) == 3


def test_a_class_out_of_use_still_names_its_requests(client: FlaskClient, db: Session, lamp: CaseClass) -> None:
    one = case(db, lamp)
    lamp.is_active = False
    db.flush()
    assert client.get(f"/open311/v2/services/{make_open311.LAMP}.json").status_code == 404
    assert ids(client, service_code=make_open311.LAMP) == [one.number]


def test_a_box_takes_what_lies_inside(client: FlaskClient, db: Session, lamp: CaseClass) -> None:
    south, north = case(db, lamp), case(db, lamp, lon=make_cases.NORTH[0], lat=make_cases.NORTH[1])
    middle = make.SOUTH + make.SIDE
    assert ids(client, bbox=f"{make.WEST},{make.SOUTH},{make.WEST + 1},{middle}") == [south.number]
    assert ids(client, bbox=f"{make.WEST},{middle},{make.WEST + 1},{make.SOUTH + 1}") == [north.number]


def test_pages_follow_each_other_without_gap_or_double_while_cases_are_added(
    client: FlaskClient, db: Session, lamp: CaseClass
) -> None:
    made = [case(db, lamp, reported_at=ago(hours=2)).number for _ in range(5)]  # all at one moment
    address, seen = f"{BASE}.json?page_size=2&status=open&lang=en", []
    while address:
        answer = client.get(address)
        seen += [one["service_request_id"] for one in answer.get_json()]
        case(db, lamp)
        link = answer.headers.get("Link")
        assert link is None or link.endswith('>; rel="next"')
        address = link[1:].partition(">")[0] if link else ""
        assert not address or "status=open" in address
    assert seen == made[::-1]


def test_numbered_pages_are_there_for_clients_that_know_only_them(
    client: FlaskClient, db: Session, lamp: CaseClass
) -> None:
    made = [case(db, lamp, reported_at=ago(hours=hours)).number for hours in (1, 2, 3)]
    assert [ids(client, page=page, page_size=2) for page in (1, 2, 3)] == [made[:2], made[2:], []]


def test_changes_are_found_by_when_they_happened(client: FlaskClient, db: Session, lamp: CaseClass) -> None:
    long_ago = case(db, lamp, reported_at=ago(days=200))
    still = case(db, lamp, reported_at=ago(days=3))
    moved(db, long_ago, CaseStatus.CLOSED, ago(hours=2))
    assert ids(client, updated_after=ago(days=1).isoformat()) == [long_ago.number]
    assert ids(client, updated_before=ago(days=1).isoformat()) == [still.number]
    assert ids(client, updated_after=ago(days=5).isoformat(), start_date=ago(days=10).isoformat()) == [still.number]
    [told] = client.get(f"{BASE}/{long_ago.number}.json?extensions=true").get_json()
    updates = told["extended_attributes"]["updates"]
    assert [(one["stage"], one["description"]) for one in updates] == [("reported", "Reported"), ("closed", "Closed")]
    assert updates[-1]["datetime"] == told["updated_datetime"]
    [in_xml] = make_open311.plain(make_open311.tree(client.get(f"{BASE}/{long_ago.number}.xml?extensions=1")))
    assert [one["stage"] for one in in_xml["extended_attributes"]["updates"]] == ["reported", "closed"]


@pytest.fixture
def statements(db: Session) -> Iterator[list[str]]:
    """The SELECTs that a call makes."""
    seen: list[str] = []
    engine = db.connection().engine

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH", "INSERT", "UPDATE")):
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_a_list_is_one_query_however_long(
    client: FlaskClient, db: Session, lamp: CaseClass, statements: list[str]
) -> None:
    counts = {}
    for length in (2, 40):
        while len(ids(client)) < length:
            case(db, lamp)
        statements.clear()
        assert len(ids(client)) == length
        counts[length] = len([one for one in statements if "FROM cases" in one]), len(statements)
    assert counts[2] == counts[40]
    assert counts[40][0] == 1


def test_at_most_1000_requests_come_at_once(client: FlaskClient, db: Session, lamp: CaseClass) -> None:
    first = case(db, lamp)
    columns = "class_id, source, description, reported_at, geom, unit_cell_id, area_code, located_by"
    db.connection().exec_driver_sql(
        f"INSERT INTO cases (number, {columns}) SELECT 'T' || n, {columns} FROM cases, generate_series(1, 1000) n "
        f"WHERE id = {first.id}"
    )
    answer = client.get(f"{BASE}.json")
    assert len(answer.get_json()) == 1000
    rest = client.get(answer.headers["Link"][1:].partition(">")[0])
    assert [one["service_request_id"] for one in rest.get_json()] == [first.number]
    assert "Link" not in rest.headers


def test_words_that_xml_can_not_hold_are_left_out_of_it(client: FlaskClient, db: Session, lamp: CaseClass) -> None:
    one = case(db, lamp)
    db.execute(update(Case).where(Case.id == one.id).values(description="a\x0b<b> & \ufffe ]]> 灯"))
    answer = client.get(f"{BASE}.xml")
    [told] = make_open311.plain(make_open311.tree(answer))
    assert told["description"] == "a<b> &  ]]> 灯"
