"""Reads, decides and carries out every rule that is on; one process at a time each."""

from __future__ import annotations

from datetime import datetime

from app.bootstrap import House
from app.exposure.rules.evaluator import evaluate

EVERY_S = 10.0


def run(house: House, now: datetime) -> None:
    """Evaluate once; what is due is in the rules' own rows."""
    evaluate(house.database, now)
