"""How one wants to be told: by e-mail or not, in which language, and when not."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.accounts.receivers import set_own_email
from app.notices import quiet
from app.notices.models import NoticeSettings
from app.notices.topics import LANGUAGES
from gis.errors import InvalidInput
from grid.reach import Viewer


def settings_of(db: Session, viewer: Viewer) -> NoticeSettings:
    """One's own settings; those that hold without any where none were made."""
    kept = db.get(NoticeSettings, viewer.account_id or 0)
    return kept or NoticeSettings(account_id=viewer.account_id or 0, by_email=True, language=None)


def change(db: Session, viewer: Viewer, given: Mapping[str, str]) -> None:
    """Set all of them from a form's fields. InvalidInput names the field."""
    language = given.get("language") or None
    if language is not None and language not in LANGUAGES:
        raise InvalidInput("Choose one of the languages.", field="language")
    start, end = quiet.read(given.get("quiet_from", ""), given.get("quiet_until", ""))
    by_email = given.get("by_email") == "yes"
    if by_email and not given.get("email", "").strip():
        raise InvalidInput("Give the address that e-mails go to.", field="email")
    set_own_email(db, viewer, given.get("email", ""))
    kept = db.get(NoticeSettings, viewer.account_id or 0)
    if kept is None:
        kept = NoticeSettings(account_id=viewer.account_id or 0)
        db.add(kept)
    kept.by_email, kept.language, kept.quiet_from, kept.quiet_until = by_email, language, start, end
    db.flush()
