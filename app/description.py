"""The description of the API (OpenAPI): what FastAPI finds, and what holds for every operation.

Every answer that is not the wanted one is a problem document (:mod:`app.problem`), whoever gives
it: the border, the gate, a guard, a handler.  Resources add the `SCHEMAS` of what FastAPI does not
see of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from app.discovery import resources
from app.problem import MEDIA_TYPE

#: What any operation may answer instead.
_INSTEAD = (400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "what is wrong, and what to do"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"at": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_TOLD = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
#: FastAPI's own words for what a problem document says.
_UNUSED = ("HTTPValidationError", "ValidationError")
Answers = dict[str, Any]


class Described(FastAPI):
    """An application that describes all of its answers."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            document = super().openapi()
            _complete(document)
        return super().openapi()


def _complete(document: dict[str, Any]) -> None:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _UNUSED:
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    for module in resources():
        told = getattr(module, "SCHEMAS", {})
        schemas.update(told() if callable(told) else told)
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "`vigie user token` makes one"}
    }
    for path, operation in _operations(document):
        operation["responses"] = _answers(operation["responses"])
        if not _is_open(path):
            operation["security"] = [{"token": []}]


def _answers(known: Mapping[str, Answers]) -> dict[str, Answers]:
    """Those that are told, and the problems."""
    found = {status: answer for status, answer in known.items() if int(status) < 400}
    for status in _INSTEAD:
        told = known.get(str(status), {}).get("description") or HTTPStatus(status).phrase
        phrase = HTTPStatus(status).phrase if told == "Validation Error" else told
        found[str(status)] = {"description": phrase, "content": _TOLD}
    return found


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            yield path, operation


def _is_open(path: str) -> bool:
    opened = [one for module in resources() for one in getattr(module, "OPEN", ())]
    local = [path, path.removeprefix("/api/v1")]
    return any(
        each.startswith(one) if one.endswith("/") else each == one
        for one in opened
        for each in local
    )
