"""What a phone takes along: tasks, open cases and components around, classes, cells; with the moment it was true."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from shapely.geometry import Point
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.cases import assigned, catalogue_tree, reading, steps
from app.cases import queries as cases
from app.cases.kind import KIND
from app.components import queries as components
from app.components import reading as component_reading
from app.field.coverage import own_cells, walked
from app.field.models import FieldReceipt, Sent
from app.workflow import timing
from app.workflow.labels import label
from grid.models import UnitCell
from grid.reach import Viewer

NEAR_M, COMPONENTS_M = 2000.0, 500.0
MOST = 100
TASKS_MOST = 200
NEED_WALK = timedelta(days=7)


def my_tasks(db: Session, viewer: Viewer) -> list[dict[str, Any]]:
    """Open tasks to verify and to check: those of the viewer's own posts first, each time what is due first."""
    if not viewer.may("cases.move"):
        return []
    now = timing.now(db)
    return [
        {
            "id": one.id, "task": one.task, "words": label(KIND, f"tasks.{one.task}"), "is_own": one.is_own,
            "due_at": reading.iso(one.due_at), "revision": one.row.revision,
            "case": reading.brief(one.row, now), "acts": _answers(db, viewer, one.row.number),
        }
        for one in assigned.tasks_of(db, viewer, limit=TASKS_MOST)
    ]  # fmt: skip


def _answers(db: Session, viewer: Viewer, number: str) -> list[dict[str, Any]]:
    """The acts that answer a case's task or go on from it, with their forms, for use without the network."""
    return [one for one in steps.as_json(db, viewer, number)["acts"] if one["blocked"] is None and not one["asks"]]


def around(db: Session, viewer: Viewer, at: Point | None) -> dict[str, Any]:
    """Open cases and components near a place; none where no place is known."""
    now = timing.now(db)
    if at is None:
        return {"cases": [], "components": [], "at": None}
    return {
        "at": [at.x, at.y],
        "cases": [
            reading.brief(row, now) | {"distance_m": round(metres, 1)}
            for row, metres in cases.near(db, viewer, at, NEAR_M, limit=MOST)
        ],
        "components": [
            component_reading.brief(row) | {"distance_m": round(metres, 1)}
            for row, metres in components.near(db, viewer, at, COMPONENTS_M, limit=MOST)
        ],
    }  # fmt: skip


def often(db: Session, viewer: Viewer) -> list[int]:
    """Classes that the account chose of late, the most frequent first."""
    recent = (
        select(FieldReceipt.case_number)
        .where(FieldReceipt.account_id == viewer.account_id, FieldReceipt.kind == Sent.REPORT)
        .order_by(FieldReceipt.received_at.desc())
        .limit(100)
    )
    return cases.classes_of(db, viewer, list(db.scalars(recent)))[:12]


def cells(db: Session, viewer: Viewer) -> dict[str, Any]:
    """The account's own cells as GeoJSON, with when it last walked each, and the coverage of seven days."""
    found = own_cells(db, viewer, timing.now(db) - NEED_WALK)
    shapes = db.execute(
        select(UnitCell.id, UnitCell.code, func.ST_AsGeoJSON(UnitCell.geom, 6).label("shape")).where(
            UnitCell.id.in_(found)
        ).order_by(UnitCell.code).limit(2000)
    )  # fmt: skip
    share = walked(found)
    return {
        "patrolled": share.patrolled, "assigned": share.assigned, "rate": share.rate, "days": NEED_WALK.days,
        "items": [
            {"id": row.id, "code": row.code, "walked_at": reading.iso(found[row.id]), "shape": row.shape}
            for row in shapes
        ],
    }  # fmt: skip


def snapshot(db: Session, viewer: Viewer, at: Point | None) -> dict[str, Any]:
    """All of it."""
    viewer.require("cases.read")
    found_by = catalogue_tree.search_words(db)
    return {
        "account_id": viewer.account_id, "as_of": timing.now(db).isoformat(), "tasks": my_tasks(db, viewer),
        "near": around(db, viewer, at), "often": often(db, viewer), "cells": cells(db, viewer),
        "classes": [
            _minor(one, major) | {"search": found_by.get(one["id"], "")}
            for major in catalogue_tree.tree(db)["items"] for one in major["children"]
        ],
    }  # fmt: skip


def _minor(one: dict[str, Any], major: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": one["id"], "code": one["code"], "name_zh": one["name_zh"], "name_en": one["name_en"],
        "kind": major["kind"], "major_zh": major["name_zh"], "major_en": major["name_en"],
    }  # fmt: skip
