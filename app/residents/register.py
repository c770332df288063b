"""Residents from files: at a point with room, or at an address of the city with room.

A number is checked as it is typed in by hand, sealed before it is staged, and never staged in the clear. A row is known
again by a keyed index of its own id, so that a second run adds nothing and no digest of a person's facts is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
from flask_babel import lazy_gettext as _l
from pydantic import AfterValidator, AliasChoices, Field
from pydantic_core import PydanticCustomError
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.imports.register import Check, ImportRegister, ImportRow, Lookup
from app.residents.identity import clean_name, clean_phone, normal_number
from app.residents.masking import refuse_masked
from app.residents.models import ResidenceKind, Sex
from app.residents.sealing import vault
from gis.errors import InvalidInput
from grid.codes import parse_citizen_number

_HERE = Path(__file__).parent
_SEX = {"male": Sex.MALE, "female": Sex.FEMALE}


def _taken(clean: Callable[[str], str | None]) -> Callable[[str], str | None]:
    """A validator that refuses masked values and tells the register's own reasons."""

    def check(value: str) -> str | None:
        try:
            refuse_masked(value=value)
            return clean(value)
        except InvalidInput as error:
            raise PydanticCustomError("residents", error.template) from error

    return check


def _named(*names: str) -> Any:
    return AliasChoices(*names)


class ResidentRow(ImportRow):
    """One person at one dwelling."""

    name: Annotated[
        str, Field(max_length=100, validation_alias=_named("name", "姓名")), AfterValidator(_taken(clean_name))
    ]
    number: Annotated[
        str | None,
        Field(default=None, max_length=40, validation_alias=_named("number", "公民身份号码", "身份证号")),
        AfterValidator(_taken(normal_number)),
    ]
    phone: Annotated[
        str | None,
        Field(default=None, max_length=40, validation_alias=_named("phone", "联系电话", "电话")),
        AfterValidator(_taken(clean_phone)),
    ]
    sex: Annotated[Sex | None, Field(default=None, validation_alias=_named("sex", "性别代码"))]
    birth_on: Annotated[date | None, Field(default=None, validation_alias=_named("birth_on", "出生日期"))]
    kind: Annotated[ResidenceKind, Field(default=ResidenceKind.ACTUAL)]
    from_on: Annotated[date, Field(validation_alias=_named("from_on", "入住日期"))]
    entrance: Annotated[str | None, Field(default=None, max_length=40, validation_alias=_named("entrance", "单元"))]
    floor: Annotated[int | None, Field(default=None, ge=-9, le=200, validation_alias=_named("floor", "楼层"))]
    room: Annotated[str, Field(max_length=40, validation_alias=_named("room", "室号"))]


class ResidentAtAddressRow(ResidentRow):
    """One person at one dwelling of the building with this address, in either language or an alias."""

    address: Annotated[str, Field(max_length=200, validation_alias=_named("address", "地址"))]


DERIVED = {
    "person_id": "bigint",
    "building_id": "bigint",
    "number_sealed": "bytea",
    "number_index": "bytea",
    "phone_sealed": "bytea",
    "source_index": "bytea",
    "birth_of_number": "date",
    "sex_of_number": "text",
}


def seal_rows(db: Session, table: pa.Table) -> pa.Table:
    """Keys for the new persons; numbers and phones sealed, and taken out of the table."""
    kept, rows = vault(), table.to_pylist()
    numbers = [row["number"] for row in rows]
    read = [parse_citizen_number(number) if number else None for number in numbers]
    sources = [f"{row['external_system']}\0{row['external_id']}" for row in rows]
    made = {
        "person_id": pa.array(_take_ids(db, len(rows)), pa.int64()),
        "building_id": pa.nulls(len(rows), pa.int64()),
        "number_sealed": _hex(kept.seal(n, "number") if n else None for n in numbers),
        "number_index": _hex(kept.index(n, "number") if n else None for n in numbers),
        "phone_sealed": _hex(kept.seal(row["phone"], "phone") if row["phone"] else None for row in rows),
        "source_index": _hex(kept.index(source, "source") for source in sources),
        "birth_of_number": pa.array([one.birth_on if one else None for one in read], pa.date32()),
        "sex_of_number": pa.array([str(_SEX[one.sex]) if one else None for one in read], pa.string()),
        "number": pa.nulls(len(rows), pa.string()),
        "phone": pa.nulls(len(rows), pa.string()),
        "external_id": pa.nulls(len(rows), pa.string()),
    }
    for name, column in made.items():
        at = table.schema.get_field_index(name)
        table = table.append_column(name, column) if at < 0 else table.set_column(at, name, column)
    return table


def _hex(values: Iterable[bytes | None]) -> pa.Array:
    """Bytes as PostgreSQL reads them in text."""
    return pa.array([None if value is None else "\\x" + value.hex() for value in values], pa.string())


def _take_ids(db: Session, count: int) -> list[int]:
    wanted = text("SELECT nextval(pg_get_serial_sequence('persons', 'id')) FROM generate_series(1, :count)")
    return list(db.execute(wanted, {"count": count}).scalars())


_REACH = (
    "SELECT r.line FROM import_rows r JOIN buildings b ON b.id = r.building_id"
    " JOIN unit_cells c ON c.id = b.unit_cell_id"
    " WHERE CAST(:account_id AS bigint) IS NOT NULL AND NOT EXISTS (SELECT FROM accounts a,"
    " jsonb_array_elements_text(a.areas) prefix WHERE a.id = :account_id AND starts_with(c.area_code, prefix))"
)
CHECKS = (
    Check("residents.out_of_reach", _l("This building lies outside your areas."), _REACH),
    Check(
        "residents.number_twice",
        _l("The number stands in the file more than once."),
        "SELECT line FROM (SELECT line, row_number() OVER (PARTITION BY number_index ORDER BY line) AS n"
        " FROM import_rows WHERE number_index IS NOT NULL) numbered WHERE n > 1",
    ),
    Check(
        "residents.already_registered",
        _l("This number is registered already."),
        "SELECT r.line FROM import_rows r JOIN persons p USING (number_index)"
        " WHERE p.source_index IS DISTINCT FROM r.source_index",
    ),
    Check(
        "residents.birth_differs",
        _l("The date of birth is not that of the citizen number."),
        "SELECT line FROM import_rows WHERE birth_on <> birth_of_number",
    ),
    Check(
        "residents.wrong_days",
        _l("A day lies in the future, or before the birth."),
        "SELECT line FROM import_rows WHERE coalesce(birth_on, birth_of_number) > now()::date"
        " OR from_on > now()::date + 366 OR from_on < coalesce(birth_on, birth_of_number, DATE '1880-01-01')",
    ),
)
AT_POINT = Check(
    "residents.no_building",
    _l("There is no building within 20 m of this place."),
    "WITH noted AS (UPDATE import_rows r SET building_id = (SELECT b.id FROM buildings b"
    " WHERE ST_DWithin(b.geom, r.geom, 0.0005) AND ST_DWithin(b.geom::geography, r.geom::geography, 20)"
    " AND b.unit_cell_id IS NOT NULL ORDER BY ST_Distance(b.geom, r.geom), b.id LIMIT 1)"
    " RETURNING r.line, r.building_id) SELECT line FROM noted WHERE building_id IS NULL",
)
AT_ADDRESS = Check(
    "residents.no_building",
    _l("No building is known at this address."),
    "WITH known AS MATERIALIZED (SELECT address_id, min(id) AS id FROM buildings"
    " WHERE unit_cell_id IS NOT NULL GROUP BY address_id), noted AS (UPDATE import_rows r SET building_id = k.id"
    " FROM known k WHERE k.address_id = r.address_id RETURNING r.line)"
    " SELECT line FROM import_rows EXCEPT SELECT line FROM noted",
)
ADDRESSES = (
    "SELECT text, min(id) FROM (SELECT text_zh AS text, id FROM addresses WHERE valid_to IS NULL"
    " UNION ALL SELECT text_en, id FROM addresses WHERE valid_to IS NULL"
    " UNION ALL SELECT text, address_id FROM address_aliases WHERE valid_to IS NULL) known"
    " WHERE text <> '' GROUP BY text"
)
FINISH = (
    "INSERT INTO persons (id, name, sex, birth_on, number_sealed, number_index, phone_sealed, source_index,"
    " recorded_by)"
    " SELECT person_id, name, coalesce(nullif(sex, '0'), sex_of_number, '0'), coalesce(birth_on, birth_of_number),"
    " number_sealed, number_index, phone_sealed, source_index, :account_id FROM import_rows ORDER BY line"
    " ON CONFLICT DO NOTHING"
)
AFTER = tuple(
    part.strip()
    for part in (_HERE / "import_residents.sql").read_text().split(";")
    if part.strip().startswith("INSERT")
)

RESIDENTS = ImportRegister(
    name="residents",
    title=_l("Residents"),
    right="residents.create",
    channel="residents",
    row=ResidentRow,
    geometry="POINT",
    checks=(AT_POINT, *CHECKS),
    derive=seal_rows,
    derived=DERIVED,
    known_by=("source_index",),
    finish=FINISH,
    after=AFTER,
)
RESIDENTS_AT_ADDRESSES = ImportRegister(
    name="residents-at-addresses",
    title=_l("Residents at addresses"),
    right="residents.create",
    row=ResidentAtAddressRow,
    geometry=None,
    lookups=(Lookup("address", into="address_id", sql=ADDRESSES),),
    checks=(AT_ADDRESS, *CHECKS),
    derive=seal_rows,
    derived=DERIVED,
    known_by=("source_index",),
    finish=FINISH,
    after=AFTER,
)
