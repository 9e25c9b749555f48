"""JSON: the whole content, raw values under the keys of the API, times in the report's zone."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from app.reports.model import Cell, Content, Section, Table

MEDIA_TYPE = "application/json"
#: What is asked, in this order, before the sections.
_HEAD = (
    "report",
    "title",
    "subtitle",
    "stamp",
    "language",
    "zone",
    "first",
    "last",
    "start",
    "end",
    "as_of",
    "formula",
    "scope",
)
#: The JSON schema of a document.
SCHEMA = {
    "type": "object",
    "required": [*_HEAD, "sections"],
    "properties": {
        "report": {"type": "string"},
        "sections": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["key", "title", "note", "findings", "figures", "tables"],
                "properties": {
                    "tables": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["key", "title", "note", "columns", "rows", "total"],
                        },
                    }
                },
            },
        },
    },
}


def render(content: Content) -> bytes:
    """One object: what was asked, then the sections; a row is an object by column."""
    zone = ZoneInfo(content.zone)
    document = {name: getattr(content, name) for name in _HEAD}
    document["sections"] = [_section(section, zone) for section in content.sections]
    encoded = msgspec.json.encode(document)
    return msgspec.json.format(encoded, indent=1) + b"\n"


def _section(section: Section, zone: ZoneInfo) -> dict[str, object]:
    return {
        "key": section.key,
        "title": section.title,
        "note": section.note,
        "findings": section.findings,
        "figures": section.figures,
        "tables": [_table(table, zone) for table in section.tables],
    }


def _table(table: Table, zone: ZoneInfo) -> dict[str, object]:
    total = None if table.total is None else _row(table, table.total, zone)
    return {
        "key": table.key,
        "title": table.title,
        "note": table.note,
        "columns": [{"key": c.key, "label": c.label, "unit": c.kind} for c in table.columns],
        "rows": [_row(table, row, zone) for row in table.rows],
        "total": total,
    }


def _row(table: Table, row: tuple[Cell, ...], zone: ZoneInfo) -> dict[str, Cell]:
    keys = (column.key for column in table.columns)
    return {key: _local(value, zone) for key, value in zip(keys, row, strict=True)}


def _local(value: Cell, zone: ZoneInfo) -> Cell:
    return value.astimezone(zone) if isinstance(value, datetime) else value
