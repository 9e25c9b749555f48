"""One file a benchmark: ``register(bench: typer.Typer) -> None``, found by ``vigie bench``.

A benchmark prints figures and judges nothing: on a shared machine only the ratio of two
figures of one run means anything.
"""
