"""``vigie hub``: the decision API alone, in a process of its own."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.work import MetricsHostOption, MetricsPortOption

if TYPE_CHECKING:
    from app.settings import Settings
    from ingest.database import Database
    from ingest.store import Store


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("hub")(serve)


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="0 takes any free one.")] = 8051,
    metrics_port: MetricsPortOption = None,
    metrics_host: MetricsHostOption = "127.0.0.1",
) -> None:
    """Answer POST /api/v1/hub/offers until Ctrl-C, also while the database is away.

    The last known state is kept in VIGIE_HOME, for a start without the database.

    Example: vigie hub --host 0.0.0.0 --port 8051
    """
    import uvicorn

    from app import server
    from app.hub.decision import Hub
    from app.hub.known import Kept
    from app.hub.server import create
    from app.hub.telling import Telling
    from app.logs import log_to_stderr
    from app.metrics.exposition import exposed
    from app.settings import load_settings

    log_to_stderr()
    settings = load_settings()
    late = _LateDatabase(settings)
    hub = Hub(late.conninfo, kept=Kept(settings.home))
    config = uvicorn.Config(
        create(hub, Telling(late.store), settings.ivr_key), http="httptools", ws="none",
        access_log=False, server_header=False, log_config=None, timeout_graceful_shutdown=3,
    )  # fmt: skip
    try:
        with server.listening(host, port) as socket, exposed(metrics_host, metrics_port):
            server.let_sigterm_unwind()
            print(f"vigie hub answers on {server.address_of(socket)}", file=sys.stderr)
            uvicorn.Server(config).run(sockets=[socket])
    except KeyboardInterrupt:
        # uvicorn has stopped politely and raises the signal again when it is done.
        print("vigie hub has stopped", file=sys.stderr)
    finally:
        late.close()


class _LateDatabase:
    """The database, opened when the hub first gets to it: it need not be there at the start."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database: Database | None = None
        self._store: Store | None = None
        self._opening = threading.Lock()

    def conninfo(self) -> str:
        """Where to connect.  Raises DatabaseError while there is no database."""
        return self._opened().conninfo

    def store(self) -> Store:
        """Where events go.  Raises DatabaseError while there is no database."""
        from app.bootstrap import store_of

        if self._store is None:
            self._store = store_of(self._opened(), self._settings)
        return self._store

    def _opened(self) -> Database:
        from ingest.database import open_database

        with self._opening:
            if self._database is None:
                self._database = open_database(self._settings.home, self._settings.database_url)
            return self._database

    def close(self) -> None:
        if self._database is not None:
            self._database.close()
