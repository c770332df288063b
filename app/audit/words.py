"""Acts in the reader's words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from layers.layer import Words

ACTS: dict[str, Words] = {
    "login": _l("Logged in"),
    "login.failed": _l("Failed to log in"),
    "logout": _l("Logged out"),
    "accounts.create": _l("Made an account"),
    "accounts.change": _l("Changed an account"),
    "accounts.password": _l("Set a password"),
    "accounts.lock": _l("Locked an account"),
    "accounts.unlock": _l("Opened an account again"),
    "tokens.issue": _l("Issued a token"),
    "tokens.revoke": _l("Ended a token"),
    "calendars.create": _l("Made a work calendar"),
    "calendars.change": _l("Changed a work calendar"),
    "organisation.department.create": _l("Made a department"),
    "organisation.department.change": _l("Changed a department"),
    "organisation.team.create": _l("Made a team"),
    "organisation.team.change": _l("Changed a team"),
    "organisation.post.create": _l("Made a post"),
    "organisation.post.change": _l("Changed a post"),
    "routing.activate": _l("Put routing rules in force"),
    "labels.change": _l("Changed the name of a step"),
    "layers.rule": _l("Decided who sees a layer"),
    "layers.describe": _l("Changed what is said of a layer"),
    "cases.reporter": _l("Opened who reported a case"),
    "accounts.email": _l("Set an e-mail address"),
    "notices.wording": _l("Changed the wording of a notice"),
    "notices.rules": _l("Changed who is told of something"),
    "notices.webhook": _l("Made a webhook"),
    "notices.webhook_end": _l("Ended a webhook"),
    "notices.resend": _l("Sent a failed message again"),
    "cases.ladder": _l("Changed when overdue cases are taken higher"),
    "open311.key": _l("Made a key for an outside application"),
    "open311.end": _l("Ended the key of an outside application"),
    "patrols.track": _l("Looked at a person's patrol track"),
    "residents.open": _l("Opened a resident's record"),
    "residents.create": _l("Registered a resident"),
    "residents.correct": _l("Corrected a resident's record"),
    "residents.move": _l("Entered a move"),
    "residents.leave": _l("Ended a residence"),
    "residents.list": _l("Listed residents, masked"),
    "residents.search": _l("Looked for a resident"),
    "residents.read": _l("Looked at a resident, masked"),
    "residents.building": _l("Looked at a building's dwellings"),
}

SUBJECTS: dict[str, Words] = {
    "account": _l("Account"),
    "session": _l("Login session"),
    "login": _l("Unknown login name"),
    "application": _l("Outside application"),
    "person": _l("Resident"),
    "resident": _l("Resident"),
    "residents": _l("Residents"),
    "building": _l("Building"),
    "case": _l("Case"),
    "event": _l("Event"),
    "patrol": _l("Patrol"),
    "component": _l("Component"),
    "facility": _l("Facility"),
    "layer": _l("Layer"),
    "calendar": _l("Work calendar"),
    "department": _l("Department"),
    "team": _l("Team"),
    "post": _l("Post"),
    "routing": _l("Routing"),
    "label": _l("Name of a step"),
    "notice": _l("Notice"),
    "webhook": _l("Webhook"),
    "ladder": _l("Escalation"),
}


def subject_name(subject: str) -> str:
    """What an act was done on, in words."""
    return str(SUBJECTS.get(subject, subject))


def act_name(act: str) -> str:
    """An act in words; its own name where nobody gave it any."""
    return str(ACTS.get(act, act))
