"""What operations answer, told to the description of the API by the type that is encoded.

FastAPI describes what it encodes itself; a route that encodes a struct by itself hands
``responses=answers(Struct)`` to it.  An answer has every field of its struct, also those that
have a default; a field that may be left out is one of ``UnsetType``.
"""

from __future__ import annotations

from typing import Any

import msgspec

Schema = dict[str, Any]
Answers = dict[int | str, dict[str, Any]]
_JSON = "application/json"


def answers(kind: Any, *files: str, status: int = 200) -> Answers:
    """The ``responses`` of a route: JSON of the type, or a file of one of the media types."""
    return described(whole(inlined(kind)), *files, status=status)


def waiting(kind: Any, later: Any) -> Answers:
    """The same, or 202 with what waits for somebody else: ``{"pending": …}``."""
    pending = {
        "type": "object",
        "required": ["pending"],
        "properties": {"pending": whole(inlined(later))},
    }
    told = {"description": "Waits for a second person.", **described(pending)[200]}
    return {**answers(kind), 202: told}


def described(schema: object, *files: str, status: int = 200) -> Answers:
    """The same of a JSON schema that is at hand."""
    content = {_JSON: {"schema": schema}, **{media_type: {} for media_type in files}}
    return {status: {"content": content}}


def inlined(kind: Any) -> object:
    """The JSON schema of a type with every reference put in its place."""
    (schema,), components = msgspec.json.schema_components([kind], ref_template="{name}")
    return _inlined(schema, components)


def whole(node: object) -> object:
    """The schema of what is written rather than read: a field with a default is there too."""
    if isinstance(node, list):
        return [whole(one) for one in node]
    if not isinstance(node, dict):
        return node
    told: Schema = {name: whole(value) for name, value in node.items()}
    if isinstance(fields := told.get("properties"), dict):
        filled = {name for name, field in fields.items() if "default" in field}
        required = filled.union(told.get("required", ()))
        told["required"] = [name for name in fields if name in required]
        told["properties"] = {name: _undefaulted(field) for name, field in fields.items()}
    return told


def _undefaulted(field: Schema) -> Schema:
    return {name: value for name, value in field.items() if name != "default"}


def _inlined(node: object, components: dict[str, Any]) -> object:
    if isinstance(node, dict):
        if (reference := node.get("$ref")) is not None:
            return _inlined(components[reference], components)
        return {name: _inlined(value, components) for name, value in node.items()}
    return [_inlined(one, components) for one in node] if isinstance(node, list) else node
