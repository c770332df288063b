"""The list beside the map reads rows newest first, page by page."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests import make_cases


def test_features_come_newest_first_when_asked_so_and_pages_join_without_gap_or_double(
    planner: FlaskClient, db: Session
) -> None:
    ids = [make_cases.case(db, by=make_cases.viewer()).id for _ in range(5)]
    seen, after = [], ""
    while True:
        page = planner.get(f"/api/v1/layers/cases/features?order=newest&limit=2&after={after}").get_json()
        assert page["matched"] == 5
        seen += [one["id"] for one in page["features"]]
        after = page["next"]
        if not after:
            break
    assert seen == sorted(ids, reverse=True)


def test_an_unknown_order_is_refused(planner: FlaskClient) -> None:
    answer = planner.get("/api/v1/layers/areas/features?order=best")
    assert answer.status_code == 422
