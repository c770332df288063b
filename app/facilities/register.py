"""Facilities from files."""

from __future__ import annotations

from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import AliasChoices, Field

from app.facilities.models import FacilityKind
from app.imports.register import Check, ImportRegister, ImportRow


class FacilityRow(ImportRow):
    """One facility; a name in one language at least."""

    kind: Annotated[FacilityKind, Field(validation_alias=AliasChoices("kind", "类别", "类型"))] = FacilityKind.OTHER
    name_zh: Annotated[str, Field(default="", max_length=120, validation_alias=AliasChoices("name_zh", "名称"))]
    name_en: Annotated[str, Field(default="", max_length=120, validation_alias=AliasChoices("name_en", "name", "NAME"))]
    address_text: Annotated[
        str | None,
        Field(default=None, max_length=200, validation_alias=AliasChoices("address_text", "address", "地址")),
    ]
    capacity: Annotated[
        int | None, Field(default=None, ge=0, le=1_000_000, validation_alias=AliasChoices("capacity", "容量"))
    ]


FACILITIES = ImportRegister(
    name="facilities",
    title=_l("Facilities"),
    right="facilities.edit",
    channel="facilities",
    row=FacilityRow,
    geometry="GEOMETRY",
    checks=(
        Check(
            "facilities.no_name",
            _l("A facility needs a name."),
            "SELECT line FROM import_rows WHERE coalesce(name_zh, '') = '' AND coalesce(name_en, '') = ''",
        ),
        Check(
            "facilities.a_line",
            _l("A facility is a point or an area, not a line."),
            "SELECT line FROM import_rows WHERE ST_Dimension(geom) = 1",
        ),
    ),
    finish=(
        "INSERT INTO facilities (external_system, external_id, kind, name_zh, name_en, address_text, capacity,"
        " attributes, geom, unit_cell_id, area_code, accuracy_m, located_by, datum_given)"
        " SELECT external_system, external_id, kind, coalesce(name_zh, ''), coalesce(name_en, ''), address_text,"
        " capacity, rest, geom, unit_cell_id, area_code, accuracy_m, located_by, datum_given"
        " FROM import_rows ORDER BY line ON CONFLICT DO NOTHING"
    ),
    after=(
        "INSERT INTO facility_entries (facility_id, kind, account_id, actor, note)"
        " SELECT id, 'imported', :account_id, :actor, :system FROM import_new",
    ),
)
