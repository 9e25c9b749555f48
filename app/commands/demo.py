"""``vigie demo``: everything in one command, with a contact centre that never was."""

from __future__ import annotations

from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: VIGIE_HOME=/tmp/vigie vigie demo --port 8050 --speed 5")(demo)


def demo(
    port: Annotated[
        int, typer.Option(help="The cockpit's port; the hub takes the next (0: any two).")
    ] = 8050,
    speed: Annotated[
        float, typer.Option(help="So many times more customers and agents, from now on.")
    ] = 1.0,
    seed: Annotated[int, typer.Option(help="Another seed, another history.")] = 1,
    simulator: Annotated[
        bool, typer.Option("--simulator/--no-simulator", help="Let the centre go on living.")
    ] = True,
) -> None:
    """Show Vigie with a simulated centre: seven days of history, then live, until Ctrl-C.

    Prints the address and a login for each role.  The data stays in VIGIE_HOME for the next time.
    """
    import logging

    from app.demo.scene import Wish, play
    from app.logs import log_to_stderr
    from app.settings import load_settings

    settings = load_settings()
    log_to_stderr(logging.WARNING)
    try:
        play(settings, Wish(port, speed, seed, simulator))
    except KeyboardInterrupt:
        # Asked to stop before it served: all is closed by now.
        raise typer.Exit(130) from None
