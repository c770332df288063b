"""Notices as administrators manage them: what failed, who is told of what and in which words, webhooks."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from app.accounts.session import current_viewer
from app.errors import words_of
from app.notices import failures, webhooks, words_of_city
from app.notices.topics import LANGUAGES, all_events, kind_of
from app.settings import read_settings
from app.web.area_choice import area_choices
from gis.db import transaction
from gis.errors import CityError, Forbidden, InvalidInput, NotFound
from grid.reach import Viewer

bp = Blueprint("notices_admin", __name__, url_prefix="/admin/notices", template_folder="templates")


def _editor() -> Viewer:
    viewer = current_viewer()
    viewer.require(words_of_city.RIGHT)
    return viewer


def _problem(error: CityError | None) -> dict[str, str | None] | None:
    return {"field": error.field, "words": words_of(error)} if error else None


@bp.get("")
def overview() -> str:
    """What failed, and every event with who is told of it."""
    viewer = _editor()
    with transaction() as db:
        failed, names, hooks = failures.list_of(db, viewer)
        own_rules, own_texts = words_of_city.own_rules(db), words_of_city.own_texts(db)
        counts = failures.counts(db)
    events = [
        {
            "id": name,
            "kind": kind,
            "topic": topic,
            "rules": words_of_city.rules_of(name, kind, own_rules),
            "is_own": any(event == name for event, _ in (*own_rules, *own_texts)),
        }
        for name, (topic, kind) in all_events().items()
    ]
    return render_template(
        "notices/admin.html", failed=failed, names=names, hooks=hooks, events=events, counts=counts,
        sends_mail=bool(read_settings().smtp_host), kinds=all_events(),
    )  # fmt: skip


@bp.post("/failed")
def post_resend() -> Response:
    """Send one failed message again, or all."""
    viewer, given = _editor(), request.form.get("id", "")
    if given and not (given.isascii() and given.isdecimal() and len(given) < 19):
        raise InvalidInput("Give a whole number.", field="id")
    with transaction() as db:
        if given:
            failures.send_again(db, viewer, int(given))
        else:
            failures.send_all_again(db, viewer)
    return redirect("/admin/notices", 303)


# --- one event ------------------------------------------------------------------------------------------------------


@bp.get("/events/<name>")
def show_event(name: str) -> str:
    """Who is told of an event and in which words, shown on a real example."""
    _editor()
    return _event_page(name)


def _event_page(
    name: str, *, typed: dict[str, tuple[str, str]] | None = None, error: CityError | None = None, form: str = ""
) -> str:
    """The page of an event; `typed` wordings are shown as they would be told, and are not kept."""
    topic, kind = kind_of(name)
    with transaction() as db:
        kept = words_of_city.texts_of(name, kind, words_of_city.own_texts(db, [name]))
        rules = words_of_city.rules_of(name, kind, words_of_city.own_rules(db))
        told = topic.example(db, current_viewer(), name)
    texts = typed or kept
    shown = words_of_city.fill_all(texts, told) if told is not None and (error is None or form != "words") else None
    return render_template(
        "notices/event.html", id=name, kind=kind, topic=topic, texts=texts, rules=rules, preview=shown, told=told,
        is_typed=typed is not None and typed != dict(kept), languages=LANGUAGES, problem=_problem(error), form=form,
        ways=words_of_city.WAYS, done=request.args.get("done", ""),
    )  # fmt: skip


@bp.post("/events/<name>")
def post_words(name: str) -> Response:
    """Show a wording on a real example; keep it only when it was seen and is saved as seen."""
    viewer, form = _editor(), request.form
    typed = {one: (form.get(f"title_{one}", ""), form.get(f"body_{one}", "")) for one in LANGUAGES}
    try:
        if form.get("do") == "reset":
            with transaction() as db:
                words_of_city.reset_texts(db, viewer, name)
            return redirect(f"/admin/notices/events/{name}?done=words", 303)
        checked = dict(words_of_city.check_texts(name, typed))
        if form.get("do") != "save" or form.get("seen") != _mark(checked):
            return make_response(_event_page(name, typed=checked))
        with transaction() as db:
            words_of_city.put_texts(db, viewer, name, checked)
    except InvalidInput as error:
        return make_response(_event_page(name, typed=typed, error=error, form="words"), 422)
    return redirect(f"/admin/notices/events/{name}?done=words", 303)


@bp.app_template_filter("wording_mark")
def _mark(texts: dict[str, tuple[str, str]]) -> str:
    """What tells whether a wording is the one that was shown."""
    return "\n".join(text.replace("\r\n", "\n") for one in LANGUAGES for text in texts[one])


@bp.post("/events/<name>/rules")
def post_rules(name: str) -> Response:
    """Set who is told of an event, and how."""
    viewer = _editor()
    topic, _kind = kind_of(name)
    given = {who: request.form.getlist(f"who_{who}") for who in topic.who}
    try:
        with transaction() as db:
            words_of_city.put_rules(db, viewer, name, given)
    except InvalidInput as error:
        return make_response(_event_page(name, error=error, form="rules"), 422)
    return redirect(f"/admin/notices/events/{name}?done=rules", 303)


# --- webhooks -------------------------------------------------------------------------------------------------------


@bp.get("/webhooks")
def list_webhooks() -> str:
    """All webhooks, and a form for a new one."""
    _editor()
    return _webhook_page()


def _webhook_page(error: CityError | None = None) -> str:
    viewer = current_viewer()
    with transaction() as db:
        found = webhooks.list_of(db, viewer)
        areas = area_choices(db, viewer)
    facts: dict[str, Any] = {"form": request.form, "chosen": request.form.getlist("events")}
    return render_template(
        "notices/webhooks.html", webhooks=found, areas=areas, events=all_events(), problem=_problem(error),
        is_whole_city="" in viewer.prefixes, area_names=dict(areas), **facts,
    )  # fmt: skip


@bp.post("/webhooks")
def post_webhook() -> Response:
    """Make a webhook; its secret is shown once."""
    viewer, form = _editor(), request.form
    try:
        with transaction() as db:
            secret, made = webhooks.make(
                db, viewer, name=form.get("name", ""), url=form.get("url", ""), events=form.getlist("events"),
                areas=form.getlist("area"),
            )  # fmt: skip
    except (InvalidInput, Forbidden, NotFound) as error:
        return make_response(_webhook_page(error), 422)
    answer = make_response(render_template("notices/secret.html", webhook=made, secret=secret), 201)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.post("/webhooks/<int:webhook_id>/end")
def post_webhook_end(webhook_id: int) -> Response:
    """End a webhook."""
    viewer = _editor()
    with transaction() as db:
        webhooks.end(db, viewer, webhook_id)
    return redirect("/admin/notices/webhooks", 303)
