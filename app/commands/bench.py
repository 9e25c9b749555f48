"""``vigie bench …``: how fast this machine is, by the benchmarks of ``app/bench/``."""

from __future__ import annotations

import importlib
import pkgutil

import typer

import app.bench


def register(vigie: typer.Typer) -> None:
    """Add every benchmark found."""
    bench = typer.Typer(no_args_is_help=True)

    @bench.callback()
    def _group() -> None:
        """Figures of this machine, in a scratch database."""

    for module in pkgutil.iter_modules(app.bench.__path__):
        importlib.import_module(f"app.bench.{module.name}").register(bench)
    vigie.add_typer(bench, name="bench")
