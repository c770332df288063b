"""The list beside the map reads rows newest first, page by page."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests import make_cases


def test_features_come_newest_first_when_asked_so_and_pages_join_without_gap_or_double(
    planner: FlaskClient, db: Session
) -> None:
    hours = [3, 1, 5, 5, 2, 4]  # two at the same moment: then the later id comes first
    made = {make_cases.case(db, reported_at=make_cases.noon(hour=hour)).id: hour for hour in hours}
    seen, after = [], ""
    while True:
        page = planner.get(f"/api/v1/layers/cases/features?order=newest&limit=2&after={after}").get_json()
        assert page["matched"] == 6
        seen += [one["id"] for one in page["features"]]
        after = page["next"]
        if not after:
            break
    assert seen == sorted(made, key=lambda one: (made[one], one), reverse=True)


def test_a_layer_without_a_time_comes_by_falling_id(planner: FlaskClient) -> None:
    page = planner.get("/api/v1/layers/areas/features?order=newest&limit=3").get_json()
    ids = [one["id"] for one in page["features"]]
    again = planner.get(f"/api/v1/layers/areas/features?order=newest&limit=3&after={page['next']}").get_json()
    ids += [one["id"] for one in again["features"]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == page["matched"] == 4


def test_an_unknown_order_is_refused(planner: FlaskClient) -> None:
    answer = planner.get("/api/v1/layers/areas/features?order=best")
    assert answer.status_code == 422
