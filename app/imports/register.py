"""What a register tells the import engine. A domain declares each of its registers once, in its `setup.py`::

    class ComponentRow(ImportRow):
        code: Annotated[str, Field(max_length=40, validation_alias=AliasChoices("ObjID", "部件标识码"))]
        class_code: Annotated[str, Field(validation_alias=AliasChoices("class", "类别"))]
        state: ComponentState = ComponentState.INTACT
        first_recorded_on: date | None = None

    COMPONENTS = ImportRegister(
        name="components", title=_l("Components"), right="components.edit", channel="components",
        row=ComponentRow, geometry="POINT",
        lookups=(Lookup("class_code", into="class_id",
                        sql="SELECT code, id FROM case_classes WHERE kind = 'component' AND is_active"),),
        checks=(Check("components.code_taken", _l("The code belongs to another component."),
                      "SELECT r.line FROM import_rows r JOIN components c ON c.code = r.code "
                      "WHERE (c.external_system, c.external_id) IS DISTINCT FROM (r.external_system, r.external_id)"),),
        finish="INSERT INTO components (code, class_id, state, first_recorded_on, attributes, external_system, "
               " external_id, geom, unit_cell_id, area_code, accuracy_m, located_by, datum_given) "
               "SELECT code, class_id, state, first_recorded_on, rest, external_system, external_id, geom, "
               " unit_cell_id, area_code, accuracy_m, located_by, datum_given "
               "FROM import_rows ORDER BY line ON CONFLICT DO NOTHING",
        after=("INSERT INTO component_entries (component_id, kind, actor, note) "
               "SELECT id, 'imported', :actor, '' FROM import_new",),
    )
    city.registers["components"] = COMPONENTS

The engine reads the file, maps columns to the row's fields (by name, by the field's aliases, or as the user says),
validates, shifts the datum, checks the geometry, locates, and fills a temporary table ``import_rows``:

    line bigint · external_system text · external_id text · one column for each field of the row model (the lookups'
    and derivation's columns too) · geom geometry(…, 4326) · unit_cell_id bigint · area_code text · datum_given text ·
    rest jsonb (what no field took, under the file's column names)

Then, in the same transaction, the register's `checks`, `finish` and `after` run. They may bind ``:system``,
``:account_id`` (null for the command line), ``:actor`` and ``:imported_at``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from grid.located import LocatedBy
from layers.layer import GeometryKind, Words


class ImportRow(BaseModel):
    """Fields that every register takes; a register's own row model adds its own.

    Supported at speed: str, int, float, bool, date, datetime, enums of text, each optional, with `Field` limits.
    Any other type is validated value by value. A naive datetime is taken in the city's time zone. Blank text is
    null, so that a required field refuses it. Without `external_id` a row is known by a digest of its contents.
    """

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    external_id: Annotated[str | None, Field(max_length=200)] = None
    accuracy_m: Annotated[float | None, Field(ge=0, le=100_000)] = None
    located_by: LocatedBy = LocatedBy.IMPORT


@dataclass(frozen=True)
class Lookup:
    """A field whose text stands for a row elsewhere: ``SELECT key text, value bigint``, run once and held in memory.

    A value without a match is refused (``imports.unknown_value``); null stays null. The result is the column `into`.
    """

    field: str
    into: str
    sql: str


@dataclass(frozen=True)
class Check:
    """A set-wise check over ``import_rows``: SQL that yields the ``line`` of each row to refuse, and why."""

    code: str
    reason: Words
    sql: str


@dataclass(frozen=True)
class ImportRegister:
    """A register open to files; see the module's text for an example.

    `geometry` is the kind that the target takes; None for a register whose rows have no place of their own (then no
    place columns are staged). `derive` adds columns to a validated batch (for example sealed numbers); it gets the
    session and an Arrow table of the row's fields and gives the table back with the columns that `derived` names,
    each with its SQL type. `known_by` are the columns of ``import_rows`` by which a row is known again.
    `finish` is one ``INSERT INTO … SELECT … FROM import_rows … ON CONFLICT DO NOTHING``
    without RETURNING; when there are `after` statements, the ids of the rows that were truly added are in
    ``import_new (id bigint)``. `channel` is announced to watching browsers.
    """

    name: str
    title: Words
    right: str
    row: type[ImportRow]
    finish: str
    geometry: GeometryKind | None = "POINT"
    lookups: tuple[Lookup, ...] = ()
    checks: tuple[Check, ...] = ()
    after: tuple[str, ...] = ()
    derive: Callable[[Session, pa.Table], pa.Table] | None = None
    derived: Mapping[str, str] = field(default_factory=dict)
    known_by: tuple[str, ...] = ("external_system", "external_id")
    channel: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
