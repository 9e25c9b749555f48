"""``vigie hub``: the decision API alone, in a process of its own."""

from __future__ import annotations

import signal
import socket
import sys
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from app.settings import Settings
    from ingest.database import Database


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("hub")(serve)


def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 8051,
) -> None:
    """Answer POST /api/v1/hub/offers until Ctrl-C, also while the database is away.

    Example: vigie hub --host 0.0.0.0 --port 8051
    """
    import uvicorn

    from app.hub.decision import Hub
    from app.hub.server import create
    from app.settings import load_settings

    opened = _LateDatabase(load_settings())
    listening = _listen(host, port)
    config = uvicorn.Config(
        create(Hub(opened.conninfo)),
        http="httptools",
        ws="none",
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=3,
    )
    print(f"vigie hub answers on http://{host}:{port}", file=sys.stderr)
    try:
        # uvicorn stops politely, then raises the signal again for whoever was there before.
        signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        print("vigie hub has stopped", file=sys.stderr)
    finally:
        opened.close()


class _LateDatabase:
    """The database, opened when the hub first gets to it: it need not be there at the start."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database: Database | None = None

    def conninfo(self) -> str:
        """Where to connect.  Raises DatabaseError while there is no database."""
        from ingest.database import open_database

        if self._database is None:
            self._database = open_database(self._settings.home, self._settings.database_url)
        return self._database.conninfo

    def close(self) -> None:
        if self._database is not None:
            self._database.close()


def _listen(host: str, port: int) -> socket.socket:
    """The socket, taken before anything else starts.  Raises AppError with the remedy."""
    from app.errors import AppError

    try:
        family, _kind, _protocol, _name, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        )[0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        raise AppError(
            f"cannot listen on {host}:{port} ({error.strerror}): choose another --port or --host"
        ) from error
    return listening
