"""``vigie work``: pulls and follows the sources of vigie.toml."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ingest.worker import Worker


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: VIGIE_SECRET_KEY=… vigie work")(work)


def work(
    once: Annotated[bool, typer.Option("--once", help="Pull every source once, then end.")] = False,
    lease_seconds: Annotated[
        float,
        typer.Option(
            min=1.0,
            max=25.0,
            help="A worker that gives no sign of life for so long is replaced by the others.",
        ),
    ] = 15.0,
) -> None:
    """Pull and follow the sources of vigie.toml until Ctrl-C.

    Any number may run: they share the sources, and what one that died had is taken over.
    A source that cannot be pulled as it stands is named, and the others go on.
    """
    from app import server
    from app.bootstrap import linker_of, open_house
    from app.commands.serve import require_own_key
    from app.deliveries import sweeper
    from app.duties import Duties
    from app.logs import log_to_stderr
    from app.settings import load_settings
    from ingest.worker import Worker

    settings = load_settings()
    require_own_key(settings.secret_key)
    sources = settings.sources()
    log_to_stderr()
    server.let_sigterm_unwind()
    with (
        open_house(settings) as house,
        sweeper(house) as sweeping,
        Duties(house) as duties,
        linker_of(house) as linker,
    ):
        worker = Worker(house.database, house.store, sources.values(), lease_s=lease_seconds)
        _tell(worker)
        try:
            if once:
                worker.once()
                linker.drain(datetime.now(UTC))
            else:
                sweeping.start()
                duties.start()
                linker.start()
                _until_told(worker)
        except KeyboardInterrupt:
            # Asked to end: the pages at hand are finished below, and asking again changes nothing.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
        finally:
            worker.stop()


def _tell(worker: Worker) -> None:
    names = ", ".join(feed.source.name for feed in worker.feeds)
    nothing = "no source of vigie.toml is one to pull: waiting (Ctrl-C ends it)"
    typer.echo(f"pulling {names} (Ctrl-C ends it)" if names else nothing, err=True)


def _until_told(worker: Worker) -> None:
    worker.start()
    threading.Event().wait()
