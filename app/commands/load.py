"""``vigie load``: files of a connector's format into the store, once, whatever is in them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.printing import Format, FormatOption, print_rows

if TYPE_CHECKING:
    from app.file_loading import Watch
    from ingest.connector import FileConnector, Parsed, Source
    from ingest.ledger import Ledger
    from ingest.store import Store

#: Records between two movements of the progress line.
STEP = 1000


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("load", no_args_is_help=True)(load)


def load(
    connector: Annotated[str, typer.Argument(help="bank-calls-1999, asterisk-queue-log…")],
    paths: Annotated[list[Path], typer.Argument(help="Files, or folders with files.")],
    source: Annotated[str, typer.Option("--source", help="The feed the records belong to.")],
    zone: Annotated[
        str | None,
        typer.Option("--zone", help="IANA zone of local times; else the source's or the site's."),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", help="Of a table: which column is what; else the source's."),
    ] = None,
    format: FormatOption = Format.table,
) -> None:
    """Import files once and print the ledger; running it again changes nothing.

    Example: vigie load bank-calls-1999 january.txt --source bank --zone Asia/Jerusalem
    """
    from app.bootstrap import linker_of, open_house
    from app.errors import AppError
    from app.file_loading import file_reader
    from app.named_source import named_source
    from app.settings import load_settings

    settings = load_settings()
    reader = file_reader(connector)
    into = _mapped(named_source(settings, source, connector, zone), mapping)
    files = _files(paths)
    with open_house(settings) as house:
        ledger, failures = _load_all(house.store, reader, into, files)
        linker_of(house).drain(datetime.now(UTC))
    _print(ledger, format)
    if failures:
        for failure in failures[:-1]:
            print(f"vigie: {failure}", file=sys.stderr)
        raise AppError(failures[-1])


def _mapped(source: Source, mapping: Path | None) -> Source:
    """The source, read through that mapping."""
    from dataclasses import replace

    from app.errors import WrongUse
    from ingest.connectors.table import TableConnector

    if mapping is None:
        return source
    if source.connector != TableConnector.name:
        raise WrongUse(f"{source.connector} takes no --mapping; «{TableConnector.name}» does")
    return replace(source, options={**source.options, "mapping": str(mapping)})


def _files(paths: list[Path]) -> list[Path]:
    """Every file named or lying in a folder named, each once, in order of name."""
    from app.errors import WrongUse

    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise WrongUse(f"there is no {path}")
        if path.is_char_device() or path.is_block_device() or path.is_socket():
            raise WrongUse(f"{path} is a device, not a file: it may never end")
        inside = _inside(path) if path.is_dir() else [path]
        if not inside:
            raise WrongUse(f"there are no files in {path}")
        found += inside
    return list(dict.fromkeys(found))


def _inside(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part.startswith(".") for part in path.parts[len(folder.parts) :])
    )


def _load_all(
    store: Store, reader: FileConnector, source: Source, files: list[Path]
) -> tuple[Ledger | None, list[str]]:
    """Every file that can be read is stored; the others are named.  No ledger: none could.

    Raises WrongUse where what the source's table says does not fit.
    """
    from app.file_loading import loaded
    from ingest.errors import WrongFormat

    total: Ledger | None = None
    failures = []
    for path in files:
        try:
            with _progress(path) as watched:
                ledger = loaded(store, reader, source, path, datetime.now(UTC), watched)
        except WrongFormat as error:
            failures.append(str(error))
        except OSError as error:
            failures.append(f"cannot read {path}: {error.strerror or error}")
        else:
            total = ledger if total is None else total + ledger
    return total, failures


@contextmanager
def _progress(path: Path) -> Iterator[Watch]:
    """A line on stderr that counts the records, where somebody can see it."""
    if not sys.stderr.isatty():
        yield iter
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,.0f} records"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(path.name.replace("[", r"\["), total=None)

        def watched(parsed: Iterable[Parsed]) -> Iterator[Parsed]:
            for number, one in enumerate(parsed, 1):
                if number % STEP == 0:
                    progress.update(task, completed=number)
                yield one

        yield watched


def _print(ledger: Ledger | None, format: Format) -> None:
    from msgspec.structs import asdict

    if ledger is None:
        return
    if format is Format.json:
        print(json.dumps(asdict(ledger)))
    else:
        print_rows([asdict(ledger)], format)
