"""Components of a file, as the trade's exchange writes them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cases.models import ClassKind
from app.components import queries
from app.components.models import Component
from app.components.registers import COMPONENTS
from app.imports.service import Options, Report, import_file
from grid.reach import whole_city
from tests import make, make_cases

HEAD = "external_id,ObjID,ObjName,小类,ObjState,DeptName1,ORDate,lon,lat"


@pytest.fixture
def take(db: Session, tmp_path: Path):
    """Write rows to a file and take it in."""
    make.city(db)
    make_cases.case_class(db)

    def act(*lines: str) -> Report:
        file = tmp_path / "components.csv"
        file.write_text("\n".join((HEAD, *lines)) + "\n")
        options = Options(datum="wgs84", system="exchange")
        return import_file(db, whole_city(["components.edit"]), COMPONENTS, file, options)

    return act


def test_rows_become_components_with_a_line_of_history(take, db: Session) -> None:
    told = take("1,3101990118000001,七号灯,路灯,破损,照明所,2020-03-01,121.451,31.231")
    assert (told.read, told.added) == (1, 1)
    lamp = db.scalars(select(Component)).one()
    assert (lamp.code, lamp.name_zh, lamp.state.value, lamp.in_charge, lamp.data_source) == (
        "3101990118000001", "七号灯", "damaged", "照明所", "imported",
    )  # fmt: skip
    assert lamp.first_recorded_on.isoformat() == "2020-03-01"
    [line] = queries.history(db, make_cases.viewer(), lamp.code)
    assert (line["kind"], line["data"]) == ("imported", {"state": "damaged"})
    assert take("1,3101990118000001,七号灯,路灯,破损,照明所,2020-03-01,121.451,31.231").added == 0


def test_wrong_rows_are_refused_with_the_reason(take, db: Session) -> None:
    make_cases.case_class(db, "0102", kind=ClassKind.EVENT, name_zh="暴露垃圾", name_en="Exposed refuse")
    told = take(
        "1,3101990118000001,,路灯,完好,,,121.451,31.231",
        "2,3101990118000002,,暴露垃圾,完好,,,121.451,31.231",
        "3,3101990118000003,,路灯,生锈,,,121.451,31.231",
        "4,3101990118000004,,路灯,完好,,,0,0",
    )
    assert (told.added, told.refused) == (1, 3)
    assert set(told.refused_by) >= {"components.not_a_component", "components.unknown_state"}
    again = take("9,3101990118000001,,路灯,完好,,,121.451,31.231")
    assert list(again.refused_by) == ["components.code_taken"]
