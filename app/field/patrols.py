"""Consent, and the points of patrols: kept inside the city only, counted where they are left out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2.shape import from_shape
from shapely.geometry import Point
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.field.clocks import PhoneClock
from app.field.models import Patrol, PatrolConsent, PatrolPoint
from app.field.receipts import OthersId
from app.field.schemas import PointIn, TrackIn
from app.workflow import timing
from gis.errors import Forbidden
from grid.locate import OutsideCity, fields, locate
from grid.located import LocatedBy
from grid.reach import Viewer

RIGHT = "patrols.record"


class NoConsent(Forbidden):
    """The account did not agree to have its patrols recorded."""

    code = "field.no_consent"


def consent(db: Session, viewer: Viewer) -> PatrolConsent | None:
    """The newest word of an account on being tracked; None if it never said any."""
    said = select(PatrolConsent).where(PatrolConsent.account_id == viewer.account_id)
    return db.scalars(said.order_by(PatrolConsent.at.desc(), PatrolConsent.id.desc()).limit(1)).first()


def say(db: Session, viewer: Viewer, given: bool) -> PatrolConsent:
    """Agree to being tracked, or take it back from now on."""
    viewer.require(RIGHT)
    made = PatrolConsent(account_id=viewer.account_id, is_given=given)
    db.add(made)
    db.flush()
    return made


def _agreed(db: Session, viewer: Viewer) -> list[tuple[datetime, bool]]:
    said = select(PatrolConsent).where(PatrolConsent.account_id == viewer.account_id)
    return [(one.at, one.is_given) for one in db.scalars(said.order_by(PatrolConsent.at, PatrolConsent.id))]


def _held_at(said: list[tuple[datetime, bool]], at: datetime) -> bool:
    """Whether consent held at a moment."""
    before = [given for when, given in said if when <= at]
    return bool(before and before[-1])


def record(db: Session, viewer: Viewer, given: TrackIn) -> dict[str, Any]:
    """Keep a batch of points; sent again it adds nothing.

    Points outside the city, and those of times for which consent did not hold, are not kept but counted.
    Raises NoConsent when there never was consent, OthersId.
    """
    viewer.require(RIGHT)
    said = _agreed(db, viewer)
    if not any(is_given for _, is_given in said):
        raise NoConsent("Patrols are recorded only with your consent.")
    clock = PhoneClock.of(given.sent_at, timing.now(db))
    patrol = _patrol(db, viewer, given, clock)
    for one in sorted(given.points, key=lambda point: point.number):
        if one.number > patrol.last_number:
            _keep(db, patrol, one, clock, said)
            patrol.last_number = one.number
    if given.ended_at is not None:
        patrol.ended_at = max(clock.right(given.ended_at), patrol.started_at)
    db.flush()
    return {"patrol": str(given.patrol), "upto": patrol.last_number, "kept": patrol.kept, "outside": patrol.outside,
            "refused": patrol.refused, "ended": patrol.ended_at is not None}  # fmt: skip


def _patrol(db: Session, viewer: Viewer, given: TrackIn, clock: PhoneClock) -> Patrol:
    begun = clock.right(given.started_at)
    facts = {"client_id": given.patrol, "account_id": viewer.account_id, "started_at": begun}
    db.execute(insert(Patrol).values(facts).on_conflict_do_nothing())
    found = db.scalars(select(Patrol).where(Patrol.client_id == given.patrol).with_for_update()).one()
    if found.account_id != viewer.account_id:
        raise OthersId("This was sent by another account.")
    return found


def _keep(db: Session, patrol: Patrol, one: PointIn, clock: PhoneClock, said: list[tuple[datetime, bool]]) -> None:
    at, spot = clock.right(one.at), Point(one.lon, one.lat)
    if not _held_at(said, at):
        patrol.refused += 1
        return
    try:
        place = locate(db, spot)
    except OutsideCity:
        patrol.outside += 1
        return
    db.add(PatrolPoint(
        **fields(place), patrol_id=patrol.id, number=one.number, at=at, geom=from_shape(spot, srid=4326),
        accuracy_m=one.accuracy_m, located_by=LocatedBy.GNSS, located_at=at,
    ))  # fmt: skip
    patrol.kept += 1
