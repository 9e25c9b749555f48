"""``vigie work``: pulls the sources of vigie.toml."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ingest.worker import Worker


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: VIGIE_SECRET_KEY=… vigie work")(work)


def work(
    once: Annotated[bool, typer.Option("--once", help="Pull every source once, then end.")] = False,
) -> None:
    """Pull the sources of vigie.toml until Ctrl-C.

    Any number may run: each source is pulled by one of them, and taken over when it ends.
    """
    from app import server
    from app.bootstrap import open_house
    from app.commands.serve import require_own_key
    from app.logs import log_to_stderr
    from app.settings import load_settings
    from ingest.worker import Worker

    settings = load_settings()
    require_own_key(settings.secret_key)
    sources = settings.sources()
    log_to_stderr()
    server.let_sigterm_unwind()
    with open_house(settings) as house:
        worker = Worker(house.database, house.store, sources.values())
        _tell(worker)
        try:
            worker.once() if once else _until_told(worker)
        except KeyboardInterrupt:
            # Asked to end: the page at hand is finished below.
            pass
        finally:
            worker.stop()


def _tell(worker: Worker) -> None:
    names = ", ".join(feed.source.name for feed in worker.feeds)
    nothing = "no source of vigie.toml is one to pull: waiting (Ctrl-C ends it)"
    typer.echo(f"pulling {names} (Ctrl-C ends it)" if names else nothing, err=True)


def _until_told(worker: Worker) -> None:
    worker.start()
    threading.Event().wait()
