"""The site's own names for channels and words, for whoever shows one: read rarely, kept a while.

Where nobody has named anything there is nothing here, and the words of the house stand.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import TypeAlias
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from app.context import found_house, whole_of
from app.house_words import plain
from app.i18n import language, speaking
from ingest.database import Database

#: (kind, word) → the name in French and in English.
Names: TypeAlias = Mapping[tuple[str, str], tuple[str, str]]
#: Seconds after which the names are read again: another process may have changed them.
FRESH_S = 2.0
_KINDS = {"channels": "channel", "reasons": "reason", "segments": "segment", "surfaces": "surface"}
_SQL = """
    select distinct on (part, key) part, key, after::json ->> 'label_fr' as fr,
        after::json ->> 'label_en' as en
    from setting_versions order by part, key, version desc
"""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Kept:
    names: Names
    read_at: float


_kept: WeakKeyDictionary[Engine, _Kept] = WeakKeyDictionary()
_lock = Lock()
_told: ContextVar[Names | None] = ContextVar("names_told", default=None)


def read(connection: Connection) -> Names:
    """The names as they stand."""
    rows = connection.execute(text(_SQL))
    return {(_KINDS[row.part], row.key): (row.fr, row.en) for row in rows if row.part in _KINDS}


def own_name(kind: str, word: str) -> str | None:
    """What the site of this request calls it, in the reader's language; None where it has no
    name of its own for it."""
    found = all_names().get((kind, word))
    return None if found is None else found[1 if language() == "en" else 0]


def own_of(kind: str) -> dict[str, str]:
    """Every own name of a kind, in the reader's language."""
    at = 1 if language() == "en" else 0
    return {word: found[at] for (of, word), found in all_names().items() if of == kind}


def all_names() -> Names:
    """The names of the house of this request, or those that are told; else none."""
    if (told := _told.get()) is not None:
        return told
    house = found_house()
    return {} if house is None else _of(whole_of(house).database)


@contextmanager
def named(connection: Connection) -> Iterator[None]:
    """What is written within names things as that transaction sees them."""
    token = _told.set(read(connection))
    try:
        yield
    finally:
        _told.reset(token)


def forget(database: Database) -> None:
    """They have just changed: read them again."""
    with _lock:
        _kept.pop(database.engine, None)


def spoken(own: Names, kind: str, word: str) -> tuple[str, str]:
    """The name in French and in English: the site's own, else that of the house."""
    if (found := own.get((kind, word))) is not None:
        return found
    told = []
    for code in ("fr", "en"):
        with speaking(code):
            told.append(plain(kind, word))
    return told[0], told[1]


def _of(database: Database) -> Names:
    with _lock:
        known = _kept.get(database.engine)
    if known is not None and (monotonic() - known.read_at < FRESH_S or _in_loop()):
        return known.names
    try:
        with database.engine.connect() as connection:
            names = read(connection)
    except SQLAlchemyError as error:
        _log.warning("the site's own names could not be read", error=type(error).__name__)
        names = known.names if known is not None else {}
    with _lock:
        _kept[database.engine] = _Kept(names, monotonic())
    return names


def _in_loop() -> bool:
    """Would a question to the database hold up everybody else?"""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
