"""Rows out of a TOML file: ``[[targets]]``, ``[[calendars]]``… each a struct, errors in a line."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import TypeVar

import msgspec

from app.errors import WrongUse

Row = TypeVar("Row", bound=msgspec.Struct)


def document(path: Path) -> dict[str, object]:
    """The file as read.  Raises WrongUse."""
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise WrongUse(f"cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongUse(f"{path} is not valid TOML: {error}") from error


def rows(told: dict[str, object], table: str, kind: type[Row]) -> list[Row]:
    """The rows of one table.  Raises WrongUse naming the first that does not fit."""
    found = told.get(table, [])
    if not isinstance(found, list):
        raise WrongUse(f"[{table}] is one table: write [[{table}]] before each row")
    return [_row(table, number, each, kind) for number, each in enumerate(found, 1)]


def only(told: dict[str, object], *tables: str) -> None:
    """Refuse tables that nobody reads here.  Raises WrongUse."""
    if odd := sorted(set(told) - set(tables)):
        raise WrongUse(f"«{odd[0]}» is none of the tables here: {', '.join(tables)}")
    if not told:
        raise WrongUse(f"nothing in it: write [[{tables[0]}]] and its rows")


def _plain(value: object) -> object:
    """Dates and times as text: who reads them knows the zone."""
    return value.isoformat() if isinstance(value, date) else value


def _row(table: str, number: int, told: object, kind: type[Row]) -> Row:
    if isinstance(told, dict):
        told = {key: _plain(value) for key, value in told.items()}
    try:
        return msgspec.convert(told, kind)
    except msgspec.ValidationError as error:
        raise WrongUse(f"[[{table}]] number {number}: {error}") from error
