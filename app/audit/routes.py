"""The audit record as a page and through the API."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, render_template, request
from flask_babel import get_timezone
from flask_openapi3 import APIBlueprint, Tag
from pydantic import AwareDatetime, BaseModel, Field

from app.accounts.session import current_viewer
from app.audit.models import AuditEntry
from app.audit.queries import AuditFilter, page, recent_acts
from app.audit.words import act_name, subject_name
from app.web.paging import DEFAULT_LIMIT, MAX_LIMIT
from gis.db import transaction
from gis.errors import InvalidInput

bp = Blueprint("audit", __name__, template_folder="templates")
api = APIBlueprint(
    "audit_api", __name__, url_prefix="/api/v1", abp_tags=[Tag(name="audit")], abp_security=[{"bearer": []}]
)


class AuditQuery(BaseModel):
    """Which entries; `act` may end in ``.*``."""

    actor: str = ""
    act: str = ""
    subject: str = ""
    from_at: AwareDatetime | None = Field(default=None, alias="from")
    to_at: AwareDatetime | None = Field(default=None, alias="to")
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    after: str | None = None


def to_dict(entry: AuditEntry) -> dict[str, Any]:
    """An entry as the API tells it."""
    return {
        "id": entry.id, "at": entry.at.isoformat(), "actor": entry.actor, "account_id": entry.account_id,
        "address": entry.address, "act": entry.act, "subject": entry.subject, "subject_id": entry.subject_id,
        "purpose": entry.purpose, "detail": entry.detail,
    }  # fmt: skip


@api.get("/audit", summary="The audit record, newest first")
def get_audit(query: AuditQuery) -> dict[str, Any]:
    """Entries that match; for who may read the audit record."""
    viewer = current_viewer()
    wanted = AuditFilter(query.actor, query.act, query.subject, query.from_at, query.to_at)
    with transaction() as db:
        found = page(db, viewer, wanted, after=query.after, limit=query.limit)
    return {"items": [to_dict(one) for one in found.entries], "next": found.next_cursor, "matched": found.matched}


def _day(name: str, *, plus_days: int = 0) -> datetime | None:
    """A day of the form as a moment in the city's time zone; InvalidInput."""
    given = request.args.get(name, "")
    if not given:
        return None
    try:
        day = date.fromisoformat(given) + timedelta(days=plus_days)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("{given} is not a day.", field=name, given=given[:20]) from error
    moment: datetime = get_timezone().localize(datetime.combine(day, time.min))
    return moment


@bp.get("/admin/audit")
def audit_page() -> str:
    """Who did what and looked at whom."""
    viewer = current_viewer()
    chosen = {name: request.args.get(name, "") for name in ("actor", "act", "from", "to")}
    wanted = AuditFilter(chosen["actor"], chosen["act"], "", _day("from"), _day("to", plus_days=1))
    with transaction() as db:
        found = page(db, viewer, wanted, after=request.args.get("after"))
        acts = recent_acts(db, viewer)
    is_filtered = any(chosen.values())
    return render_template(
        "audit/list.html", found=found, acts=acts, chosen=chosen, is_filtered=is_filtered,
        act_name=act_name, subject_name=subject_name,
    )  # fmt: skip
