"""Loading a file of a connector's format: the same way for the command and the cockpit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.errors import WrongUse

if TYPE_CHECKING:
    from ingest.connector import FileConnector, Parsed, Source
    from ingest.ledger import Ledger
    from ingest.store import Store

#: Looks on while records go by.
Watch = Callable[["Iterable[Parsed]"], "Iterator[Parsed]"]


def file_reader(name: str) -> FileConnector:
    """The connector of that name, which reads files.  Raises WrongUse, naming those that do."""
    from ingest.connector import FileConnector, connector_named, connectors
    from ingest.errors import UnknownConnector

    readers = sorted(each.name for each in connectors().values() if isinstance(each, FileConnector))
    try:
        connector = connector_named(name)
    except UnknownConnector as error:
        raise WrongUse(f"no connector «{name}»; files are read by: {', '.join(readers)}") from error
    if not isinstance(connector, FileConnector):
        raise WrongUse(f"«{name}» reads no files; files are read by: {', '.join(readers)}")
    return connector


def loaded(
    store: Store,
    reader: FileConnector,
    source: Source,
    path: Path,
    now: datetime,
    watch: Watch = iter,
) -> Ledger:
    """Store every record of the file; what became of them.

    Raises WrongFormat, OSError; WrongUse where what the source's table says does not fit.
    """
    from ingest.errors import Fatal

    try:
        return store.load(source, watch(reader.read(path, source)), now=now)
    except Fatal as error:
        raise WrongUse(str(error)) from error
