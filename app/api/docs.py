"""``/docs``: the API's own description as one page, made here (Swagger's loads from elsewhere)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse

from app.access.guard import Viewer
from app.i18n import language, spoken
from app.policy import nonce

root_router = APIRouter(include_in_schema=False)
Schema = Mapping[str, Any]

_STYLE = """
:root { color-scheme: light dark; --ink: light-dark(#235892, #8ab0db);
  --ground: light-dark(#fff, #11151c); --text: light-dark(#16202c, #e6ebf2);
  --soft: light-dark(#55616f, #a9b4c2); --line: light-dark(#d5dce4, #2d3644); }
body { margin: 0 auto; max-width: 60rem; padding: 2rem 1rem 4rem; background: var(--ground);
  color: var(--text); font: 15px/1.55 Inter, "Segoe UI", system-ui, sans-serif; }
a { color: var(--ink); }
details { border: 1px solid var(--line); border-radius: 8px; margin: 0 0 8px; }
summary { padding: 10px 14px; cursor: pointer; overflow-wrap: anywhere; }
summary b { display: inline-block; min-width: 4.2em; color: var(--ink); }
code, pre { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, monospace; }
details > div { padding: 0 14px 12px; }
pre { overflow-x: auto; padding: 10px; border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: start; padding: 4px 12px 4px 0; vertical-align: top;
  border-bottom: 1px solid var(--line); }
.soft { color: var(--soft); }
"""
_LEAD = {
    "fr": "Authentification : en-tête <code>Authorization: Bearer …</code> (voir "
    "<code>vigie user token</code>) ou session du navigateur. Erreurs : RFC 9457. "
    'Description complète : <a href="/openapi.json">openapi.json</a>.',
    "en": "Authentication: header <code>Authorization: Bearer …</code> (see "
    "<code>vigie user token</code>) or the browser's session. Errors: RFC 9457. "
    'Whole description: <a href="/openapi.json">openapi.json</a>.',
}


@root_router.get("/docs")
async def docs(request: Request, _user: Viewer) -> HTMLResponse:
    """Every operation of the API, to read and search in the browser."""
    described = request.app.openapi()
    operations = "".join(_operations(described))
    return HTMLResponse(
        f'<!DOCTYPE html><html lang="{language()}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>API – Vigie</title><link rel="icon" href="data:,">'
        f'<style nonce="{nonce()}">{_STYLE}</style></head>'
        f"<body><main><h1>Vigie · API</h1><p>{spoken(_LEAD)}</p>{operations}</main></body></html>"
    )


def _operations(described: Schema) -> Iterator[str]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield _operation(path, method, operation, described)


def _operation(path: str, method: str, operation: Schema, described: Schema) -> str:
    words = escape(operation.get("description", operation.get("summary", "")))
    return (
        f"<details><summary><b>{method.upper()}</b> <code>{escape(path)}</code> "
        f'<span class="soft">{words.split(chr(10))[0]}</span></summary><div>'
        f"<p>{words.replace(chr(10) * 2, '<br>')}</p>{_parameters(operation)}"
        f"{_body(operation, described)}</div></details>"
    )


def _parameters(operation: Schema) -> str:
    rows = "".join(
        f"<tr><td><code>{escape(one['name'])}</code></td><td>{escape(one['in'])}</td>"
        f"<td>{'*' if one.get('required') else ''}</td>"
        f"<td>{escape(one.get('description', ''))}</td></tr>"
        for one in operation.get("parameters", ())
    )
    return f"<table>{rows}</table>" if rows else ""


def _body(operation: Schema, described: Schema) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    return "".join(
        f"<p><code>{escape(kind)}</code></p>{_schema(one.get('schema', {}), described)}"
        f"{_example(one.get('examples', {}))}"
        for kind, one in content.items()
    )


def _schema(schema: Schema, described: Schema) -> str:
    """The schema as JSON; one that is any of several unfolds into them, each by its name."""
    found = _resolved(schema, described)
    if "oneOf" not in found:
        return f"<pre>{escape(json.dumps(found, indent=2))}</pre>"
    kinds = [_resolved(one, described) for one in found["oneOf"]]
    return "".join(
        f"<details><summary><code>{escape(kind.get('title', ''))}</code> "
        f'<span class="soft">{escape(kind.get("description", ""))}</span></summary>'
        f"<div><pre>{escape(json.dumps(kind, indent=2))}</pre></div></details>"
        for kind in kinds
    )


def _example(examples: Schema) -> str:
    """The first example, ready to send."""
    value = next((one["value"] for one in examples.values()), None)
    return f"<pre>{escape(json.dumps(value, indent=2))}</pre>" if value is not None else ""


def _resolved(schema: Schema, described: Schema) -> Schema:
    """The schema itself where it is only a reference to one."""
    name = schema.get("$ref", "").rpartition("/")[2]
    found: Schema = described["components"]["schemas"][name] if name else schema
    return found
