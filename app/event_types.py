"""The types of CloudEvents as OpenAPI tells them: schemas and examples, made from the structs."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ingest.formats.cloud_events import BATCH, EITHER, ONE, Declared, declared

Schema = dict[str, object]

_ANY: Schema = {"$ref": "#/components/schemas/CloudEvent"}
_SEVERAL: Schema = {"type": "array", "items": _ANY}
_ANSWER: Schema = {
    "type": "object",
    "description": "what became of the delivery: received = new + duplicate + superseded + "
    "quarantined, and of each event in its own order",
    "required": [
        "received", "new", "duplicate", "superseded", "quarantined", "contacts", "events",
    ],
    "properties": {
        **{
            name: {"type": "integer"}
            for name in ("received", "new", "duplicate", "superseded", "quarantined", "contacts")
        },
        "events": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "became"],
                "properties": {
                    "id": {"type": ["string", "null"]},
                    "became": {"enum": ["new", "duplicate", "superseded", "conflict", "refused"]},
                    "reason": {"type": "string", "description": "a code of the quarantine"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
_AGAIN = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
#: Every answer that a sender may get; what is not 2xx or 5xx is not helped by sending it again.
ANSWERS: dict[int | str, dict[str, object]] = {
    200: {
        "description": "all events are stored, or were already",
        "content": {"application/json": {"schema": _ANSWER}},
    },
    202: {
        "description": "kept for good and judged later: `pending`; do not send it again",
        "content": {"application/json": {"schema": {"const": {"pending": True, "events": []}}}},
    },
    400: {"description": "compressed, or not UTF-8; nothing is kept"},
    401: {"description": "no token or signature of a source; nothing is kept"},
    409: {
        "description": "an id is stored already with another content, which is in quarantine now; "
        "its neighbours are stored",
        "content": {"application/problem+json": {"schema": _ANSWER}},
    },
    413: {"description": "over 1 MiB; send it in parts"},
    415: {"description": f"not {ONE}, {BATCH} or {EITHER}"},
    422: {
        "description": "some events cannot be used and are in quarantine, each with its reason; "
        "their neighbours are stored",
        "content": {"application/problem+json": {"schema": _ANSWER}},
    },
    429: {"description": "too many at once; send it again later", "headers": _AGAIN},
    503: {"description": "the database is away; send it again later", "headers": _AGAIN},
}


def request_body() -> Schema:
    """What may be sent, with an example of every type."""
    examples = {name: {"value": example(name)} for name in declared()}
    batch = {"a batch": {"value": [example(name) for name in list(declared())[:2]]}}
    return {
        "required": True,
        "content": {
            ONE: {"schema": _ANY, "examples": examples},
            BATCH: {"schema": _SEVERAL, "examples": batch},
            EITHER: {"schema": {"anyOf": [_ANY, _SEVERAL]}},
        },
    }


def schemas() -> dict[str, Schema]:
    """One schema a type, by its name; `CloudEvent` is any of them, `Customer` who it is about."""
    found: dict[str, Schema] = {}
    for name, of_type in declared().items():
        parts = _parts(of_type)
        data = parts.pop(of_type.data.__name__)
        found |= parts
        found[name] = _enveloped(name, data)
    references = {name: f"#/components/schemas/{name}" for name in declared()}
    found["CloudEvent"] = {
        "description": "CloudEvents 1.0 in JSON; attributes and fields not named here pass",
        "oneOf": [{"$ref": reference} for reference in references.values()],
        "discriminator": {"propertyName": "type", "mapping": references},
    }
    return found


def example(name: str) -> Schema:
    """An event of the type as a vendor might send it."""
    of_type = declared()[name]
    fields = _properties(_parts(of_type)[of_type.data.__name__])
    told = {field: _example(schema) for field, schema in fields.items()}
    data = {field: value for field, value in told.items() if value is not None}
    return {
        "specversion": "1.0",
        "id": f"{of_type.connector}-{of_type.data.__name__}-1".lower(),
        "source": "https://vendor.example.org/eu",
        "type": name,
        "time": "2026-11-16T09:00:00Z",
        "datacontenttype": EITHER,
        "data": data | {"customer": {"crm": "C-1042"}},
    }


def _enveloped(name: str, data: Schema) -> Schema:
    text: Schema = {"type": "string", "minLength": 1}
    return {
        "title": name,
        "description": " ".join(str(data.pop("description")).split()),
        "type": "object",
        "required": ["specversion", "id", "source", "type", "time", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": text | {"description": "the same when it is sent again, and never another's"},
            "source": text | {"description": "who tells it; ids are unique within"},
            "type": {"const": name},
            "time": {"type": "string", "format": "date-time", "description": "with its zone"},
            "revision": {
                "type": "integer",
                "minimum": 0,
                "description": "extension: of two events with one id the greater one counts",
            },
            "datacontenttype": {"type": "string", "description": f"{EITHER}, or left out"},
            "data": data,
        },
    }


def _parts(of_type: Declared) -> dict[str, Schema]:
    """The schema of the data and of what is in it, without defaults that say nothing."""
    _, parts = msgspec.json.schema_components(
        (of_type.data,), ref_template="#/components/schemas/{name}"
    )
    for part in parts.values():
        for schema in _properties(part).values():
            if schema.get("default", "") is None or "$ref" in schema:
                schema.pop("default", None)
    return parts


def _properties(schema: Mapping[str, object]) -> dict[str, Schema]:
    found = schema["properties"]
    assert isinstance(found, dict)
    return found


def _example(schema: Mapping[str, object]) -> object:
    """The first example of a field, wherever in its schema it stands."""
    kinds = schema.get("anyOf")
    told = [each.get("examples") for each in [schema, *(kinds if isinstance(kinds, list) else [])]]
    return next((examples[0] for examples in told if examples), None)
