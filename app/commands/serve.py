"""``vigie serve``: the cockpit and the API."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: VIGIE_SECRET_KEY=… vigie serve --host 0.0.0.0 --port 8050")(serve)


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8050,
) -> None:
    """Serve the cockpit and the API until Ctrl-C."""
    from app import server, web
    from app.bootstrap import open_house
    from app.logs import log_to_stderr
    from app.settings import load_settings

    settings = load_settings()
    require_own_key(settings.secret_key)
    settings.sources()  # refuses a table that is wrong now, not with the first delivery
    log_to_stderr()
    server.let_sigterm_unwind()
    with server.listening(host, port) as socket, open_house(settings) as house:
        server.run(web.create_app(house), socket, _announce)


def require_own_key(key: str) -> None:
    """Refuse the key that everybody knows."""
    from app.errors import AppError
    from app.settings import DEFAULT_SECRET_KEY

    if key == DEFAULT_SECRET_KEY or not key.strip():
        raise AppError(
            "set VIGIE_SECRET_KEY to a secret of your own, for instance: "
            "export VIGIE_SECRET_KEY=$(openssl rand -hex 32)"
        )


def _announce(address: str) -> None:
    typer.echo(f"Vigie answers on {address} (Ctrl-C stops it)", err=True)
