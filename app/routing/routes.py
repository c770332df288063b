"""The API of routing: rules, why a case goes where it goes, replays, reports."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify
from flask_openapi3 import APIBlueprint
from flask_openapi3.models.tag import Tag
from sqlalchemy.orm import Session

from app.accounts.session import current_viewer
from app.errors import words_of
from app.routing import coverage, references, service, told, versions
from app.routing.models import RuleSet
from app.routing.replay import cases_of, play
from app.routing.rules import read
from app.routing.schemas import ExplainQuery, ReplayQuery, RulesIn, VersionQuery
from app.routing.service import Decision
from app.routing.words import tried_words, verdict
from app.web.idempotency import idempotent
from gis.db import transaction
from gis.errors import InvalidInput

TAG = Tag(name="routing", description="Which department gets a case, and why")
SECURITY: list[dict[str, list[Any]]] = [{"bearer": []}]
api = APIBlueprint("routing_api", __name__, url_prefix="/api/v1/routing", abp_tags=[TAG], abp_security=SECURITY)


@api.get("/rules", summary="The rules of a version in their order")
def get_rules(query: VersionQuery) -> Response:
    """`problems` tells what a rule names that is not there any more."""
    current_viewer().require("cases.read")
    with transaction() as db:
        return jsonify(_set_json(db, versions.chosen(db, query.version)))


def _set_json(db: Session, one: RuleSet | None) -> dict[str, Any]:
    rules = versions.rules_of(db, one)
    ref = references.load(db)
    return {
        "version": one.version if one else None, "status": one.status.value if one else None,
        "revision": one.revision if one else None, "note": one.note if one else "",
        "activated_at": one.activated_at.isoformat() if one and one.activated_at else None,
        "rules": [
            rule.model_dump(mode="json") | {
                "position": at,
                "problems": [
                    {"code": wrong.code, "field": wrong.field, "detail": words_of(wrong)}
                    for wrong in ref.problems(rule, at)
                ],
            }
            for at, rule in enumerate(rules, 1)
        ],
    }  # fmt: skip


@api.post("/rules", summary="Make the draft consist of these rules")
@idempotent
def post_rules(body: RulesIn) -> tuple[Response, int]:
    """All of them are checked: one that can't be read or names what is not there refuses the whole."""
    viewer = current_viewer()
    rules = [
        read({name: value for name, value in one.items() if name not in ("position", "problems")}, at)
        for at, one in enumerate(body.rules, 1)
    ]
    with transaction() as db:
        made = versions.save(db, viewer, rules, revision=body.revision, note=body.note)
        if body.activate:
            made = versions.activate(db, viewer)
        return jsonify(_set_json(db, made)), 201


@api.get("/explain", summary="Why a case goes where it goes")
def get_explanation(query: ExplainQuery) -> Response:
    """The answer with every rule that was tried before it. Give `case`, or `class_id`, `lon` and `lat`."""
    viewer = current_viewer()
    with transaction() as db:
        if query.case:
            return jsonify(decision_json(service.explain_case(db, viewer, query.case, query.version)))
        if query.class_id is None or query.lon is None or query.lat is None:
            raise InvalidInput("Give a case, or a class and a place.", field="case")
        found = service.explain_place(
            db, viewer, query.class_id, query.lon, query.lat, source=query.source, at=query.at, version=query.version
        )
        return jsonify(decision_json(found))


def decision_json(found: Decision) -> dict[str, Any]:
    """A decision as programs read it."""
    return {
        "department": found.department, "team": found.team, "by": found.by, "version": found.version,
        "position": found.position, "rule": found.name, "reason": verdict(found),
        "problem": words_of(found.problem) if found.problem else None,
        "tried": [
            {"position": one.position, "name": one.rule.name, "department": one.rule.department, "fits": one.fits,
             "failed": list(one.failed), "met": list(one.met), "detail": tried_words(one)}
            for one in found.tried
        ],
        "also_fit": list(found.also),
    }  # fmt: skip


@api.get("/replay", summary="What a version would have done with the cases of the last days")
def get_replay(query: ReplayQuery) -> Response:
    """A line a rule; with `rule` its classes and cases. Only cases in reach are played."""
    viewer = current_viewer()
    viewer.require("cases.read")
    with transaction() as db:
        one = versions.chosen(db, query.version)
        played = play(db, viewer, versions.rules_of(db, one), days=query.days)
        answer: dict[str, Any] = {
            "version": one.version if one else None, "days": query.days, "cases": played.count,
            "elsewhere": told.elsewhere(played), "lines": told.lines(played),
        }  # fmt: skip
        if query.rule is not None:
            if query.rule > len(played.rules):
                raise InvalidInput("There is no such rule.", field="rule")
            count, ids, would = played.picked(
                query.rule, class_id=query.class_id, only_elsewhere=query.elsewhere, limit=query.limit,
                offset=query.offset,
            )  # fmt: skip
            answer |= {
                "classes": [
                    {"class_id": line.class_id, "cases": line.cases, "elsewhere": line.elsewhere}
                    for line in played.classes(query.rule)
                ],
                "matched": count,
                "items": [
                    {"number": row.number, "class_id": row.class_id, "lon": row.lon, "lat": row.lat,
                     "area_code": row.area_code, "went": row.department, "would": would[row.id]}
                    for row in cases_of(db, viewer, ids)
                ],
            }  # fmt: skip
        return jsonify(answer)


@api.get("/reports", summary="What no rule takes, and rules that meet")
def get_reports(query: VersionQuery) -> Response:
    """Pairs of unit cell and class without a rule, overlaps with different answers, rules that never win."""
    viewer = current_viewer()
    viewer.require("cases.read")
    with transaction() as db:
        rules = versions.rules_of(db, versions.chosen(db, query.version))
        ref = references.load(db)
        return jsonify(told.reports(rules, coverage.ground(db, viewer, rules, ref), ref, 1000))
