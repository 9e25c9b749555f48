"""One file a command group: ``register(app: typer.Typer) -> None``, found by app.cli."""
