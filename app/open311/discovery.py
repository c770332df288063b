"""Service discovery: one document that says where the endpoint is, which forms it speaks, and whom to ask."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.open311 import services
from app.web.assembly import Assembly
from app.web.city import city_facts

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"


def told(db: Session) -> dict[str, Any]:
    """The document; `changeset` is when services or definitions last changed, in the city's time."""
    facts = city_facts()
    assembly: Assembly = current_app.extensions["city"]
    changed_at = services.changed_at(db).astimezone(ZoneInfo(facts.time_zone)).isoformat(timespec="seconds")
    contact = assembly.settings.open311_contact or _("The administrator of this platform.")
    return {
        "changeset": changed_at,
        "contact": contact,
        "key_service": _("Ask for an api_key: {contact}").format(contact=contact),
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": url_for("open311.get_services", _external=True).removesuffix("/services"),
                "changeset": changed_at,
                "type": "test" if facts.is_demo else "production",
                "formats": ["text/xml", "application/json"],
            }
        ],
    }
