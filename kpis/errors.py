"""What this floor cannot compute, said in one line."""

from __future__ import annotations


class KpiError(Exception):
    """Root of what this package raises."""


class WrongQuery(KpiError):
    """The question itself is wrong: whoever asked must ask otherwise."""


class UnknownWord(WrongQuery):
    """A KPI, dimension, grain or formula that does not exist; the message lists those that do."""

    def __init__(self, what: str, asked: str, known: list[str]) -> None:
        super().__init__(f"no {what} «{asked}»; there are: {', '.join(known)}")
