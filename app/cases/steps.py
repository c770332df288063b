"""The next steps of a case as programs and pages read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.cases import acts, assigned, conditions, outside, suggestions
from app.cases.models import Case, CaseStatus
from app.cases.reading import iso
from app.cases.workflow import CASES
from app.errors import words_of
from app.organisation import service as organisation
from app.organisation.service import active_departments, department_names
from app.web.named import named
from app.workflow.kinds import FormField
from app.workflow.labels import label, said
from app.workflow.moves import Choice
from grid.reach import Viewer


def as_json(db: Session, viewer: Viewer, number: str) -> dict[str, Any]:
    """Revision, stage clock, acts with their forms and what blocks them, what was asked for, open tasks."""
    case = acts.get(db, viewer, number)
    return {
        "revision": case.revision, "entered_at": iso(case.entered_at), "stage_due_at": iso(case.stage_due_at),
        "acts": [choice_json(db, case, one) for one in sorted(_shown(db, viewer, number), key=_leads_on)],
        "requests": [
            {
                "id": one.id, "act": one.act, "words": label(CASES.kind, f"acts.{one.act}"), "asker": one.asker,
                "asked_at": iso(one.asked_at), "note": one.answers.get("note", ""), "answers": one.answers,
                "may_answer": may_answer, "is_own": is_own,
            }
            for one, may_answer, is_own in acts.waiting(db, viewer, case)
        ],
        "tasks": [
            {"task": one.task, "words": label(CASES.kind, f"tasks.{one.task}"), "role": one.role,
             "department": one.department, "due_at": iso(one.due_at),
             "people": [{"id": person.id, "name": person.words} for person in assigned.people_for(db, case, one)]}
            for one in acts.open_tasks(db, case)
        ],
    }  # fmt: skip


def roles_of(act: str) -> tuple[str, ...]:
    """The roles that do an act at once."""
    declared = CASES.kind.act(act)
    return declared.roles if declared else ()


def act_words(act: str) -> str:
    """An act as the city calls it."""
    return label(CASES.kind, f"acts.{act}")


def for_list(
    db: Session, viewer: Viewer, names: Sequence[str], crews: Sequence[organisation.TeamFacts]
) -> dict[str, list[dict[str, Any]]]:
    """Acts by status for lists, where no case is looked at by itself: guards speak when the act is done."""
    choices = [{"value": one.code, "words": named(one.name_zh, one.name_en)} for one in crews]
    found: dict[str, list[dict[str, Any]]] = {}
    for act in (one for one in map(CASES.kind.act, names) if one is not None):
        if viewer.role not in (*act.roles, *act.asked_by) or (act.name == "give_team" and not choices):
            continue
        form = [
            {"name": one.name, "kind": one.kind, "words": said(one), "required": one.required,
             "choices": choices if one.kind == "team" else []}
            for one in act.form
        ]  # fmt: skip
        told = {"act": act.name, "words": act_words(act.name), "tone": act.tone, "form": form,
                "asks": viewer.role not in act.roles}  # fmt: skip
        for status in CASES.kind.states:
            if CASES.kind.starts(act, status):
                found.setdefault(status, []).append(told)
    return found


def _shown(db: Session, viewer: Viewer, number: str) -> list[Choice]:
    """The acts that have to do with the case; blocked ones among them."""
    return [one for one in acts.choices(db, viewer, number) if not isinstance(one.why_not, outside.Irrelevant)]


def _leads_on(choice: Choice) -> bool:
    """What leads the case on stands first."""
    return choice.act.tone != "main"


def choice_json(db: Session, case: Case, choice: Choice) -> dict[str, Any]:
    """An act: its words, its form, and why it is blocked if it is."""
    act = choice.act
    return {
        "act": act.name, "words": label(CASES.kind, f"acts.{act.name}"), "tone": act.tone, "asks": choice.asks,
        "can_undo": act.undo,
        "blocked": None if choice.why_not is None
        else {"code": choice.why_not.code, "detail": words_of(choice.why_not)},
        "form": [field_json(db, case, one) for one in act.form],
    }  # fmt: skip


def departments(db: Session, case: Case) -> dict[str, tuple[str, str]]:
    """The departments to choose from: those in use, and the case's own whatever it is."""
    found = active_departments(db)
    own = case.department
    if own and own not in found and found:
        found[own] = department_names(db).get(own, (own, own))
    return found


def teams(db: Session, department: str | None) -> list[dict[str, str]]:
    """The teams to choose from: a department's, else all with their departments' names."""
    names = department_names(db)
    found = organisation.all_teams(db) if department is None else organisation.teams_of(db, department)
    return [
        {"value": one.code, "department": one.department, "words": named(one.name_zh, one.name_en) if department
         else f"{named(*names[one.department])} · {named(one.name_zh, one.name_en)}"}
        for one in found
    ]  # fmt: skip


def field_json(db: Session, case: Case, field: FormField) -> dict[str, Any]:
    """One thing that an act asks for; choices come with their words."""
    offered = [{"value": value, "words": said(one)} for value, one in field.choices.items()]
    required = field.required
    if field.kind == "department":
        suggestion = suggestions.as_json(db, case.id)
        choices = [{"value": code, "words": named(*names)} for code, names in departments(db, case).items()]
        return {
            "name": field.name, "kind": field.kind, "words": said(field), "required": required, "choices": choices,
            "suggested": suggestion,
        }  # fmt: skip
    if field.kind in ("condition", "parts"):
        known = conditions.offered(db, case.class_id)
        offered = [{"value": str(one.id), "words": conditions.words(db, one, case)} for one in known]
        required = bool(known) if field.kind == "condition" else required
    elif field.kind == "team":
        offered = teams(db, case.department if case.status == CaseStatus.HANDLING else None)
    elif field.kind in outside.CHOICES:
        offered = outside.CHOICES[field.kind](db, case)
    return {
        "name": field.name, "kind": field.kind, "words": said(field), "required": required, "choices": offered,
    }  # fmt: skip
