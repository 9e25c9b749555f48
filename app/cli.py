"""The `vigie` command: finds every command file of ``app/commands/``.

Exit codes: 0 success, 2 wrong use, 1 failure with one line on stderr that says what to do.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys

import typer

import app.commands
from app.errors import AppError, WrongUse
from ingest.errors import IngestError
from kpis.errors import KpiError


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


def main() -> None:
    """Run the command; an error of ours is one line, not a traceback."""
    try:
        build()()
    except WrongUse as error:
        _say(error)
        sys.exit(2)
    except (AppError, KpiError, IngestError) as error:
        _say(error)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


def _say(error: Exception) -> None:
    print(f"vigie: {' '.join(str(error).split())}", file=sys.stderr)


if __name__ == "__main__":
    main()
