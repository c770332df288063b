"""Words for kinds of facilities and what happens to them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.facilities.models import FacilityKind
from layers.layer import Words

KINDS: dict[str, Words] = {
    FacilityKind.HOSPITAL: _l("Hospital"),
    FacilityKind.CLINIC: _l("Clinic"),
    FacilityKind.SCHOOL: _l("School"),
    FacilityKind.DAY_CARE: _l("Day care"),
    FacilityKind.ELDERLY_CARE: _l("Care for the elderly"),
    FacilityKind.FIRE_STATION: _l("Fire station"),
    FacilityKind.POLICE_STATION: _l("Police station"),
    FacilityKind.SHELTER: _l("Shelter"),
    FacilityKind.COMMUNITY_CENTRE: _l("Community centre"),
    FacilityKind.GOVERNMENT: _l("Government office"),
    FacilityKind.PARK: _l("Park"),
    FacilityKind.BIKE_SHARE: _l("Shared bicycles"),
    FacilityKind.OTHER: _l("Other facility"),
}
ENTRIES: dict[str, Words] = {
    "created": _l("Added"),
    "changed": _l("Changed"),
    "moved": _l("Moved on the map"),
    "imported": _l("Imported"),
}
