"""The `vigie` command: finds every command file of ``app/commands/``.

Exit codes: 0 success, 2 wrong use, 1 failure with one line on stderr that says what to do.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from collections.abc import Callable
from functools import cache

import typer
import typer.main

import app.commands
from app.errors import AppError, WrongUse
from ingest.errors import IngestError
from kpis.errors import KpiError

#: Errors whose text is meant for the user.
OURS = (AppError, KpiError, IngestError)
#: The texts of the database's own speak of SQL: these stand for them, by exit code.
OF_THE_DATABASE = {
    1: "the database did not do what it was asked: is it up? `vigie db status` looks",
    2: "a value does not fit: a number out of range, or a character that cannot be stored",
}


def build() -> typer.Typer:
    """The command with all its subcommands."""
    vigie = typer.Typer(
        name="vigie",
        help="Vigie, the real-time omnichannel hypervision cockpit.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for module in pkgutil.iter_modules(app.commands.__path__):
        importlib.import_module(f"app.commands.{module.name}").register(vigie)
    return vigie


@cache
def _command() -> Callable[[], object]:
    """The same, ready to run; a process makes it once, for reading all signatures takes 0.1 s."""
    return typer.main.get_command(build())


def main() -> None:
    """Run the command; what goes wrong is one line, not a traceback.  A bug still is one."""
    if sys.stdout is None:  # closed by who called us: nobody wants to read it
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    try:
        _run()
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        _say(f"{error.filename or 'what it prints cannot be written'}: {error.strerror or error}")
        sys.exit(1)
    except Exception as error:
        if (code := _exit_code(error)) is None:
            raise
        _say(str(error) if isinstance(error, OURS) else OF_THE_DATABASE[code])
        sys.exit(code)


def _run() -> None:
    """The command, and what it printed out of the door: a full disk is not found at the exit."""
    try:
        _command()()
    finally:
        try:
            sys.stdout.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise


def _exit_code(error: Exception) -> int | None:
    """What an error ends us with; None for a bug of ours."""
    import psycopg
    import sqlalchemy.exc

    from ingest.database import AWAY

    if isinstance(error, OURS):
        return 2 if isinstance(error, WrongUse) else 1
    if isinstance(error, psycopg.DataError | sqlalchemy.exc.DataError):
        return 2
    return 1 if isinstance(error, AWAY) else None


def _say(words: str) -> None:
    print(f"vigie: {' '.join(words.split())}", file=sys.stderr)


if __name__ == "__main__":
    main()
