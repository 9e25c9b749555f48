"""``vigie work``: pulls and follows the sources of vigie.toml."""

from __future__ import annotations

import faulthandler
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.bootstrap import House
    from ingest.worker import Worker

MetricsPortOption = Annotated[
    int | None,
    typer.Option("--metrics-port", help="Tell Prometheus on this port; else nobody is told."),
]
MetricsHostOption = Annotated[
    str, typer.Option("--metrics-host", help="Where that is; nobody is asked who they are.")
]
#: Who was asked to end is gone after so many seconds: each part has a grace of its own of 5 s.
PATIENCE_S = 30.0


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
    metrics_port: MetricsPortOption = None,
    metrics_host: MetricsHostOption = "127.0.0.1",
) -> None:
    """Pull and follow the sources of vigie.toml until Ctrl-C.

    Any number may run: they share the sources, and what one that died had is taken over.
    A source that cannot be pulled as it stands is named, and the others go on.
    """
    from app import server
    from app.bootstrap import open_house
    from app.commands.serve import require_own_key
    from app.logs import log_to_stderr
    from app.metrics.exposition import exposed
    from app.metrics.house import HouseMetrics
    from app.settings import load_settings
    from ingest.worker import Worker

    settings = load_settings()
    require_own_key(settings.secret_key)
    sources = settings.sources()
    log_to_stderr()
    server.let_sigterm_unwind()
    with (
        open_house(settings) as house,
        exposed(metrics_host, metrics_port, HouseMetrics(house.database)),
    ):
        worker = Worker(house.database, house.store, sources.values(), lease_s=lease_seconds)
        _tell(worker)
        _work_once(house, worker) if once else _work_on(house, worker)


def _tell(worker: Worker) -> None:
    names = ", ".join(feed.source.name for feed in worker.feeds)
    nothing = "no source of vigie.toml is one to pull: waiting (Ctrl-C ends it)"
    typer.echo(f"pulling {names} (Ctrl-C ends it)" if names else nothing, err=True)


def _work_once(house: House, worker: Worker) -> None:
    """One turn of every source, then whose their contacts are, also where a source failed."""
    from app.bootstrap import linker_of

    with linker_of(house) as linker, _ending(worker):
        try:
            worker.once()
        finally:
            linker.drain(datetime.now(UTC))


def _work_on(house: House, worker: Worker) -> None:
    """Until we are asked to end."""
    from app.bootstrap import linker_of
    from app.deliveries import sweeper
    from app.duties import Duties

    with (
        sweeper(house) as sweeping,
        Duties(house) as duties,
        linker_of(house) as linker,
        _ending(worker),
    ):
        for beside in (sweeping, duties, linker):
            beside.start()
        worker.start()
        forever = threading.Event()
        while True:  # a signal that another thread took is handled when this one wakes
            forever.wait(1.0)


@contextmanager
def _ending(worker: Worker) -> Iterator[None]:
    """Once asked to end, the pages at hand are finished, and asking again changes nothing.

    Whatever then holds us up, a driver or a lock, is told with every thread's stack and left.
    """
    try:
        yield
    except KeyboardInterrupt:
        faulthandler.dump_traceback_later(PATIENCE_S, exit=True)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
    finally:
        worker.stop()
