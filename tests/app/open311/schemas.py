"""JSON Schemas of GeoReport v2's answers, written from the standard's text."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]


def _nullable(kind: str, **more: Any) -> Schema:
    return {"type": [kind, "null"], **more}


def _object(needed: tuple[str, ...], /, **fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": list(needed), "additionalProperties": False}


TEXT: Schema = {"type": "string", "minLength": 1}
FLAG: Schema = {"type": "boolean"}
MOMENT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"

SERVICE = _object(
    ("service_code", "service_name", "metadata", "type"),
    service_code=TEXT,
    service_name=TEXT,
    description=_nullable("string"),
    metadata=FLAG,
    type={"type": "string", "enum": ["realtime", "batch", "blackbox"]},
    keywords=_nullable("string"),
    group=_nullable("string"),
)
VALUE = _object(("key", "name"), key=TEXT, name=TEXT)
ATTRIBUTE = _object(
    ("variable", "code", "datatype", "required"),
    variable=FLAG,
    code=TEXT,
    datatype={
        "type": "string",
        "enum": ["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"],
    },
    required=FLAG,
    datatype_description=_nullable("string"),
    order=_nullable("integer", minimum=1),
    description=_nullable("string"),
    values={"type": "array", "items": VALUE},
)
DEFINITION = _object(
    ("service_code", "attributes"), service_code=TEXT, attributes={"type": "array", "items": ATTRIBUTE}
)
REQUEST = _object(
    ("service_request_id", "status", "service_code", "requested_datetime"),
    service_request_id=TEXT,
    status={"type": "string", "enum": ["open", "closed"]},
    status_notes=_nullable("string"),
    service_name=_nullable("string"),
    service_code=TEXT,
    description=_nullable("string", maxLength=4000),
    agency_responsible=_nullable("string"),
    service_notice=_nullable("string"),
    requested_datetime={"type": "string", "pattern": MOMENT},
    updated_datetime=_nullable("string", pattern=MOMENT),
    expected_datetime=_nullable("string", pattern=MOMENT),
    address=_nullable("string"),
    address_id=_nullable("string"),
    zipcode=_nullable("string"),
    lat=_nullable("number", minimum=-90, maximum=90),
    long=_nullable("number", minimum=-180, maximum=180),
    media_url=_nullable("string", pattern="^https?://"),
)
TOKEN = _object(("service_request_id", "token"), service_request_id=_nullable("string"), token=TEXT)
REPORTED: Schema = {
    "type": "object",
    "properties": {"service_request_id": TEXT, "token": TEXT, "service_notice": _nullable("string")},
    "oneOf": [{"required": ["service_request_id"]}, {"required": ["token"]}],
    "additionalProperties": False,
}
ERROR = _object(("code", "description"), code={"type": "integer", "minimum": 400}, description=TEXT)
OBJECTS = {"service": SERVICE, "service definition": DEFINITION, "service request": REQUEST}


def listed(item: Schema, *, least: int = 0) -> Schema:
    """A list of such things."""
    return {"type": "array", "items": item, "minItems": least}
