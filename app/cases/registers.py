"""Cases open to import: our own columns, and those of Open311 (GeoReport v2) files and 311 extracts by their names."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from flask_babel import lazy_gettext as _l
from pydantic import AliasChoices, Field

from app.imports.register import Check, ImportRegister, ImportRow, Lookup

# A class is named by scheme, kind and code ("CJ/T 214-2007 event 0102"), by kind and code, by code or by name. What
# names two classes in use names none: a number means different things in different schemes.
CLASSES = """
SELECT key, min(id) FROM (
    SELECT s.name || ' ' || c.kind || ' ' || c.code AS key, c.id
    FROM case_classes c JOIN catalogue_schemes s ON s.id = c.scheme_id WHERE c.is_active
  UNION ALL
    SELECT unnest(ARRAY[c.kind || ' ' || c.code, c.code, c.name_zh, c.name_en]), c.id
    FROM case_classes c JOIN catalogue_schemes s ON s.id = c.scheme_id
    WHERE c.is_active AND s.is_active AND c.parent_id IS NOT NULL
) named WHERE key <> '' GROUP BY key HAVING count(DISTINCT id) = 1
"""


def text_named(*names: str, most: int = 200) -> Any:
    """A field of optional text that files call by one of several names."""
    return Field(default=None, max_length=most, validation_alias=AliasChoices(*names))


def named(*names: str) -> Any:
    """An optional field of another kind that files call by one of several names."""
    return Field(default=None, validation_alias=AliasChoices(*names))


CLASS_COLUMNS = AliasChoices(
    "class_name", "class", "class_code", "service_code", "service_name", "type", "小类", "小类代码"
)


class CaseRow(ImportRow):
    """A case of another system."""

    external_id: Annotated[str | None, text_named("external_id", "service_request_id", "case_enquiry_id", "case_id")]
    number: Annotated[str | None, text_named("number", "案件编号", "案卷编号", most=40)]
    class_name: Annotated[str, Field(max_length=200, validation_alias=CLASS_COLUMNS)]
    status: Annotated[str | None, text_named("status", "case_status", most=40)]
    source: Annotated[str | None, text_named("source", "来源", most=80)]
    description: Annotated[str | None, text_named("description", "case_title", "问题描述", most=4000)]
    department: Annotated[str | None, text_named("department", "agency_responsible", "处置部门")]
    reported_at: Annotated[
        datetime,
        Field(validation_alias=AliasChoices("reported_at", "requested_datetime", "open_dt", "open_date", "上报时间")),
    ]
    due_at: Annotated[
        datetime | None, named("due_at", "expected_datetime", "sla_target_dt", "target_dt", "处置截止时间")
    ]
    closed_at: Annotated[datetime | None, named("closed_at", "closed_dt", "close_date", "结案时间")]
    on_time: Annotated[str | None, text_named("on_time", most=40)]
    outcome: Annotated[str | None, text_named("outcome", "status_notes", "closure_reason", "处置结果", most=4000)]


CASES = ImportRegister(
    name="cases",
    title=_l("Cases"),
    right="cases.create",
    channel="cases",
    row=CaseRow,
    geometry="POINT",
    lookups=(Lookup("class_name", into="class_id", sql=CLASSES),),
    checks=(
        Check(
            "cases.unknown_status",
            _l("The status is none that a case can have."),
            "SELECT line FROM import_rows WHERE lower(status) NOT IN ('open', 'archived', 'reported', 'verifying', "
            "'filed', 'handling', 'checking', 'closed', 'refused', 'suspended', 'transferred', 'void')",
        ),
        Check(
            "cases.number_taken",
            _l("The number belongs to another case."),
            "SELECT r.line FROM import_rows r JOIN cases c ON c.number = r.number "
            "WHERE (c.external_system, c.external_id) IS DISTINCT FROM (r.external_system, r.external_id)",
        ),
        Check(
            "cases.number_twice",
            _l("Another row of the file has the same number."),
            "SELECT r.line FROM import_rows r JOIN import_rows o ON o.number = r.number "
            "WHERE o.line < r.line AND o.external_id <> r.external_id",
        ),
        Check(
            "cases.number_mixed",
            _l("Either all rows or none bring a number made of day and sequence."),
            "SELECT line FROM import_rows WHERE number ~ '^[0-9]{11,}$' "
            "AND EXISTS (SELECT FROM import_rows o WHERE o.number IS NULL)",
        ),
        Check(
            "cases.closed_before_reported",
            _l("The case was closed before it was reported."),
            "SELECT line FROM import_rows WHERE closed_at < reported_at",
        ),
    ),
    finish=(Path(__file__).parent / "import_cases.sql").read_text(),
    after=(
        "INSERT INTO case_moves (case_id, act, from_status, to_status, at, account_id, actor) "
        "SELECT c.id, 'report', NULL, 'reported', c.reported_at, :account_id, :actor "
        "FROM import_new n JOIN cases c USING (id)",
        "INSERT INTO case_moves (case_id, act, from_status, to_status, at, account_id, actor, note) "
        "SELECT c.id, case_act('reported', c.status), 'reported', c.status, coalesce(c.closed_at, :imported_at), "
        ":account_id, :actor, "
        "coalesce(c.outcome, '') FROM import_new n JOIN cases c USING (id) WHERE c.status <> 'reported'",
    ),
)
