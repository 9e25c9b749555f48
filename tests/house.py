"""What tests know of the house that the fixtures open: its users, its key, its command."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from ingest.database import Database

PASSWORD = "correct horse battery"
SECRET_KEY = "a key of the tests"


class Answer(NamedTuple):
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, int]:
        """The one JSON object on stdout."""
        decoded = json.loads(self.out)
        assert isinstance(decoded, dict)
        return decoded

    @property
    def rows(self) -> list[dict[str, object]]:
        """The JSON objects on stdout."""
        decoded = json.loads(self.out)
        assert isinstance(decoded, list)
        return decoded


#: ``vigie("load", path, …, typed="what stands on stdin")``
Vigie = Callable[..., Answer]


def url_of(database: Database) -> str:
    """The database as VIGIE_DATABASE_URL says it, for commands."""
    known = conninfo_to_dict(database.conninfo)
    names = [name for name in ("host", "port", "user", "password", "dbname") if known.get(name)]
    parts = [f"{name}={quote(str(known[name]), safe='')}" for name in names]
    return "postgresql://?" + "&".join(parts)
