"""The kinds of fields that are validated as whole columns, and what each becomes in Arrow and in PostgreSQL."""

from __future__ import annotations

import enum
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
import pyarrow as pa
from pydantic import AliasChoices, AliasPath, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from app.imports.register import ImportRow

Kind = Literal["text", "integer", "number", "flag", "day", "moment", "choice", "other"]

ARROW: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "flag": pa.bool_(),
    "day": pa.date32(),
    "moment": pa.timestamp("us", tz="UTC"),
    "choice": pa.string(),
    "other": pa.string(),
}
SQL: dict[Kind, str] = {
    "text": "text",
    "integer": "bigint",
    "number": "double precision",
    "flag": "boolean",
    "day": "date",
    "moment": "timestamptz",
    "choice": "text",
    "other": "text",
}
KINDS: tuple[tuple[type, Kind], ...] = (
    (enum.Enum, "choice"),
    (str, "text"),
    (bool, "flag"),
    (int, "integer"),
    (float, "number"),
    (datetime, "moment"),
    (date, "day"),
)


@dataclass(frozen=True)
class RowField:
    """One field of a register's row: how its column is validated and what it becomes.

    `limits` are checked on whole columns; `is_plain` says that nothing but limits has to be checked, so that the
    quick way is allowed. `one` validates a single value, and has the last word on everything the quick way leaves.
    """

    name: str
    kind: Kind
    sql_type: str
    is_optional: bool
    default: Any
    names: tuple[str, ...]
    choices: tuple[str, ...]
    is_plain: bool
    limits: dict[str, Any]
    one: Callable[[object], Any] = field(repr=False)

    @property
    def is_required(self) -> bool:
        """Whether a row without this value is refused."""
        return self.default is PydanticUndefined and not self.is_optional


def fields_of(row: type[ImportRow]) -> tuple[RowField, ...]:
    """The fields of a row model, in its order."""
    return tuple(_field(row, name, info) for name, info in row.model_fields.items())


def _field(row: type[ImportRow], name: str, info: FieldInfo) -> RowField:
    inner, is_optional = _without_none(info.annotation)
    kind: Kind = next(
        (kind for python, kind in KINDS if isinstance(inner, type) and issubclass(inner, python)), "other"
    )
    sql_type = SQL[kind]
    if inner is Decimal:
        sql_type = "numeric"
    elif get_origin(inner) in (dict, list) or inner in (dict, list):
        sql_type = "jsonb"
    limits, plain = _limits(info)
    validators = row.__pydantic_decorators__.field_validators.values()
    is_guarded = any(name in validator.info.fields or "*" in validator.info.fields for validator in validators)
    choices = tuple(str(m.value) for m in inner) if kind == "choice" and issubclass(inner, enum.Enum) else ()
    annotation: Any = Annotated[inner, *info.metadata] if info.metadata else inner
    default = info.get_default(call_default_factory=True, validated_data={})
    one = _by_model(row, name) if is_guarded else TypeAdapter(annotation).validate_python
    plain = plain and not is_guarded
    return RowField(name, kind, sql_type, is_optional, default, _names(name, info), choices, plain, limits, one)


def _by_model(row: type[ImportRow], name: str) -> Callable[[object], Any]:
    """The validation of a field that the row model guards with validators of its own."""

    def validate(value: object) -> Any:
        made = row.__pydantic_validator__.validate_assignment(row.model_construct(), name, value)
        return getattr(made, name)

    return validate


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """The type in ``T | None``, and whether None was allowed."""
    if get_origin(annotation) in (Union, types.UnionType):
        parts = [part for part in get_args(annotation) if part is not type(None)]
        has_none = len(parts) < len(get_args(annotation))
        return (parts[0] if len(parts) == 1 else Union[tuple(parts)]), has_none  # noqa: UP007 - built at run time
    return annotation, False


def _limits(info: FieldInfo) -> tuple[dict[str, Any], bool]:
    """The limits that columns are checked against, and whether there is nothing else to check."""
    limits: dict[str, Any] = {}
    plain = True
    for one in info.metadata:
        if isinstance(one, annotated_types.Ge | annotated_types.Gt | annotated_types.Le | annotated_types.Lt):
            name = type(one).__name__.lower()
            limits[name] = getattr(one, name)
        elif isinstance(one, annotated_types.MaxLen):
            limits["max_length"] = one.max_length
        elif isinstance(one, annotated_types.MinLen):
            limits["min_length"] = one.min_length
        else:
            plain = False
    return limits, plain


def _names(name: str, info: FieldInfo) -> tuple[str, ...]:
    """The names under which a column is taken for this field."""
    names = [name]
    alias = info.validation_alias
    if isinstance(alias, str):
        names.append(alias)
    elif isinstance(alias, AliasChoices):
        names += [choice for choice in alias.choices if isinstance(choice, str)]
    elif isinstance(alias, AliasPath):
        names += [part for part in alias.path if isinstance(part, str)]
    if info.alias:
        names.append(info.alias)
    return tuple(dict.fromkeys(names))
