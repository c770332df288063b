"""Components open to import: our own columns, and those of the trade's live exchange (ObjID, ObjName, DeptName1 …)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from flask_babel import lazy_gettext as _l
from pydantic import AliasChoices, Field

from app.cases.registers import CLASSES, named, text_named
from app.imports.register import Check, ImportRegister, ImportRow, Lookup

CODE_COLUMNS = AliasChoices("code", "ObjID", "部件标识码")
CLASS_COLUMNS = AliasChoices("class_name", "class", "class_code", "ObjCode", "部件类别", "小类", "小类代码")


class ComponentRow(ImportRow):
    """A component of another system."""

    code: Annotated[str, Field(max_length=40, validation_alias=CODE_COLUMNS)]
    class_name: Annotated[str, Field(max_length=200, validation_alias=CLASS_COLUMNS)]
    name_zh: Annotated[str | None, text_named("name_zh", "ObjName", "部件名称")]
    name_en: Annotated[str | None, text_named("name_en", "name")]
    state: Annotated[str | None, text_named("state", "ObjState", "部件状态", most=40)]
    in_charge: Annotated[str | None, text_named("in_charge", "DeptName1", "主管部门")]
    owner: Annotated[str | None, text_named("owner", "DeptName2", "权属单位")]
    maintainer: Annotated[str | None, text_named("maintainer", "DeptName3", "养护单位")]
    first_recorded_on: Annotated[date | None, named("first_recorded_on", "ORDate", "初始日期")]


COMPONENTS = ImportRegister(
    name="components",
    title=_l("Components"),
    right="components.edit",
    channel="components",
    row=ComponentRow,
    geometry="POINT",
    lookups=(Lookup("class_name", into="class_id", sql=CLASSES),),
    checks=(
        Check(
            "components.not_a_component",
            _l("The class is one of events, not of components."),
            "SELECT r.line FROM import_rows r JOIN case_classes c ON c.id = r.class_id WHERE c.kind <> 'component'",
        ),
        Check(
            "components.code_taken",
            _l("The code belongs to another component."),
            "SELECT r.line FROM import_rows r JOIN components c ON c.code = r.code "
            "WHERE (c.external_system, c.external_id) IS DISTINCT FROM (r.external_system, r.external_id)",
        ),
        Check(
            "components.code_twice",
            _l("Another row of the file has the same code."),
            "SELECT r.line FROM import_rows r JOIN import_rows o ON o.code = r.code "
            "WHERE o.line < r.line AND o.external_id <> r.external_id",
        ),
        Check(
            "components.unknown_state",
            _l("The condition is none that a component can have."),
            "SELECT line FROM import_rows WHERE lower(state) NOT IN ('intact', 'damaged', 'missing', 'abandoned', "
            "'occupied', '完好', '破损', '丢失', '废弃', '占用')",
        ),
    ),
    finish=(Path(__file__).parent / "import_components.sql").read_text(),
    after=(
        "INSERT INTO component_entries (component_id, kind, account_id, actor, data) "
        "SELECT c.id, 'imported', :account_id, :actor, jsonb_build_object('state', c.state) "
        "FROM import_new n JOIN components c USING (id)",
    ),
)
