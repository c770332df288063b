"""The pages of routing rules: the rules in order, a form for one, replays, reports, why a case went where it went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.accounts.areas import open_areas
from app.accounts.session import current_viewer
from app.cases import show
from app.errors import status_of, words_of
from app.organisation import queries as organisation
from app.routing import coverage, forms, references, service, told, versions
from app.routing.models import RuleSet, RuleSetStatus
from app.routing.replay import DAYS, DAYS_MAX, play
from app.routing.rules import Rule, read
from app.routing.versions import RIGHT
from app.routing.words import SOURCES, summary, tried_words, verdict
from app.web.city import middle
from app.web.named import named
from gis.db import transaction
from gis.errors import CityError, Conflict, InvalidInput, NotFound
from grid.reach import Viewer

bp = Blueprint("routing", __name__, url_prefix="/admin/routing", template_folder="templates")
SHOWN = 50
AREAS_SHOWN = 60


def _editor() -> Viewer:
    viewer = current_viewer()
    viewer.require(RIGHT)
    return viewer


@bp.get("")
def show_rules() -> str:
    """The rules of a version in their order, with what is wrong with them."""
    return _page()


def _page(error: CityError | None = None) -> str:
    _editor()
    with transaction() as db:
        one = versions.chosen(db, request.args.get("version"))
        rules, broken = _rules(db, one)
        ref = references.load(db)
        problems = [[words_of(wrong) for wrong in ref.problems(rule, at)] for at, rule in enumerate(rules, 1)]
        lines = [
            {"position": at, "rule": rule, "summary": summary(rule, ref), "problems": problems[at - 1],
             "team": _team(db, rule)}
            for at, rule in enumerate(rules, 1)
        ]  # fmt: skip
        context: dict[str, Any] = {"all": versions.all_versions(db), "draft": versions.draft(db)}
    return render_template(
        "routing/rules.html", one=one, lines=lines, is_draft=one is not None and one.status is RuleSetStatus.DRAFT,
        wrong=sum(bool(some) for some in problems), failed=words_of(error) if error else broken,
        statuses=told.STATUSES, done=request.args.get("done"), **context,
    )  # fmt: skip


def _rules(db: Session, one: RuleSet | None) -> tuple[list[Rule], str]:
    """The rules of a version; in words if they can't be read any more."""
    try:
        return versions.rules_of(db, one), ""
    except InvalidInput as error:
        return [], words_of(error)


def _team(db: Session, rule: Rule) -> str:
    names = {one["code"]: named(one["name_zh"], one["name_en"]) for one in organisation.teams(db)} if rule.team else {}
    return names.get(rule.team or "", rule.team or "")


@bp.post("/draft")
def post_draft() -> Response:
    """Begin a draft with the rules in force, or with those of an earlier version."""
    viewer = _editor()
    with transaction() as db:
        version = request.form.get("version", "")
        if version.isdecimal() and len(version) < 9:
            versions.restore(db, viewer, int(version))
        else:
            versions.begin(db, viewer)
    return redirect("/admin/routing?version=draft", 303)


@bp.post("/activate")
def post_activate() -> Response:
    """Put the draft in force."""
    viewer = _editor()
    try:
        with transaction() as db:
            versions.activate(db, viewer, revision=forms.revision())
    except (InvalidInput, Conflict, NotFound) as error:
        return make_response(_page(error), status_of(error))
    return redirect("/admin/routing?version=active&done=active", 303)


@bp.post("/discard")
def post_discard() -> Response:
    """Throw the draft away."""
    viewer = _editor()
    with transaction() as db:
        versions.discard(db, viewer)
    return redirect("/admin/routing", 303)


@bp.post("/rules/<int:position>/<any(up, down, remove):how>")
def post_order(position: int, how: str) -> Response:
    """Move a rule one place or take it away."""
    viewer = _editor()
    try:
        with transaction() as db:
            rules = versions.rules_of(db, versions.draft(db) or versions.active(db))
            versions.save(db, viewer, _ordered(rules, position - 1, how), revision=forms.revision(), touched=())
    except (InvalidInput, Conflict) as error:
        return make_response(_page(error), status_of(error))
    return redirect("/admin/routing?version=draft", 303)


def _ordered(rules: Sequence[Rule], at: int, how: str) -> list[Rule]:
    changed = list(rules)
    if not 0 <= at < len(changed):
        raise InvalidInput("There is no such rule.", field="rules")
    rule = changed.pop(at)
    if how != "remove":
        changed.insert(max(at - 1, 0) if how == "up" else at + 1, rule)
    return changed


@bp.get("/rules/new")
def new_rule() -> str:
    """The form for a rule at the end of the order."""
    _editor()
    return _form(None, {})


@bp.get("/rules/<int:position>")
def show_rule(position: int) -> str:
    """The form of one rule of the draft, or of the version in force, from which a draft is made at saving."""
    _editor()
    with transaction() as db:
        rules = versions.rules_of(db, versions.draft(db) or versions.active(db))
    if not 1 <= position <= len(rules):
        raise NotFound("There is no such rule.")
    return _form(position, rules[position - 1].model_dump(mode="json"))


def _form(position: int | None, given: dict[str, Any], error: CityError | None = None) -> str:
    viewer = current_viewer()
    with transaction() as db:
        ref = references.load(db)
        one = versions.draft(db)
        context: dict[str, Any] = {
            "groups": forms.class_groups(ref), "areas": open_areas(db, deepest=1),
            "departments": organisation.departments(db), "teams": organisation.teams(db), "middle": middle(db),
        }  # fmt: skip
    shown = {area.code for area in context["areas"]}
    return render_template(
        "routing/form.html", position=position, given=given, SOURCES=SOURCES, weekdays=forms.weekdays(), named=named,
        revision=one.revision if one else "", more_areas=[one for one in given.get("areas", []) if one not in shown],
        polygon=forms.polygon_text(given.get("polygon")), may=viewer.may(RIGHT),
        problem={"field": error.field, "words": words_of(error)} if error else None, **context,
    )  # fmt: skip


@bp.post("/rules/new")
def post_new_rule() -> Response:
    """Add a rule to the draft."""
    return _save_rule(None)


@bp.post("/rules/<int:position>")
def post_rule(position: int) -> Response:
    """Change a rule of the draft."""
    return _save_rule(position)


def _save_rule(position: int | None) -> Response:
    viewer, given = _editor(), forms.sent()
    try:
        forms.check_polygon(given)
        with transaction() as db:
            rules = versions.rules_of(db, versions.draft(db) or versions.active(db))
            at = len(rules) if position is None else position - 1
            if at > len(rules):
                raise InvalidInput("There is no such rule.", field="rules")
            rule = read({name: value for name, value in given.items() if value not in ("", None)}, at + 1)
            changed = [*rules[:at], rule, *rules[at + 1 :]]
            versions.save(db, viewer, changed, revision=forms.revision(), touched=(at,))
    except (InvalidInput, Conflict) as error:
        return make_response(_form(position, given, error), status_of(error))
    return redirect(f"/admin/routing?version=draft#rule-{at + 1}", 303)


@bp.get("/replay")
def show_replay() -> str:
    """What a version would have done with the cases of the last days; one rule's cases by class and as a list."""
    viewer = _editor()
    asked = forms.replay_asked(DAYS, DAYS_MAX)
    with transaction() as db:
        one = versions.chosen(db, asked.version)
        rules = versions.rules_of(db, one)
        ref = references.load(db)
        played = play(db, viewer, rules, days=asked.days, ref=ref)
        context: dict[str, Any] = {"lines": told.lines(played), "opened": None}
        if asked.rule is not None:
            context["opened"] = told.opened(db, viewer, played, asked, ref, SHOWN)
    return render_template(
        "routing/replay.html", one=one, asked=asked, count=played.count, all_elsewhere=told.elsewhere(played),
        statuses=told.STATUSES, link=lambda **changes: show.link("/admin/routing/replay", asked.args(), **changes),
        **context,
    )  # fmt: skip


@bp.get("/reports")
def show_reports() -> str:
    """Cells and classes that no rule takes; rules that meet with different answers or never win."""
    viewer = _editor()
    with transaction() as db:
        one = versions.chosen(db, request.args.get("version"))
        rules = versions.rules_of(db, one)
        ref = references.load(db)
        on = coverage.ground(db, viewer, rules, ref)
        report = told.reports(rules, on, ref, AREAS_SHOWN)
        class_id = request.args.get("class", "")
        cells = coverage.cells_without(rules, on, int(class_id)) if class_id.isdecimal() and len(class_id) < 18 else []
        chosen = ref.classes.get(int(class_id)) if cells else None
    return render_template(
        "routing/reports.html", one=one, report=report, statuses=told.STATUSES, cells=cells[:500],
        cell_count=len(cells), chosen=named(chosen.name_zh, chosen.name_en) if chosen else "",
        version=request.args.get("version", ""),
    )  # fmt: skip


@bp.get("/explain")
def show_explanation() -> str:
    """Why a case goes where it goes."""
    viewer = _editor()
    number, found, error = request.args.get("case", "").strip()[:40], None, ""
    if number:
        try:
            with transaction() as db:
                found = service.explain_case(db, viewer, number, request.args.get("version") or "active")
        except (InvalidInput, NotFound) as wrong:
            error = words_of(wrong)
    return render_template(
        "routing/explain.html", number=number, found=found, error=error, verdict=verdict(found) if found else "",
        tried=[(one, tried_words(one)) for one in found.tried] if found else [],
        problem=words_of(found.problem) if found and found.problem else "",
    )  # fmt: skip
