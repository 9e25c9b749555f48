"""What is said of letters to whoever may not know to whom they go: numbers stand for addresses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from msgspec.structs import replace

from app.reports.sending.letters import Letter
from app.reports.sending.runs import Run
from app.reports.sending.schedules import Kept, Version

T = TypeVar("T", Kept, Version, Run)


def unaddressed(told: T) -> T:
    """The same without an address: each person is a number."""
    people = range(1, len(told.schedule.recipients) + 1)
    schedule = replace(told.schedule, recipients=tuple(f"#{number}" for number in people))
    return replace(told, schedule=schedule)


def unaddressed_letters(run: Run, letters: Iterable[Letter]) -> tuple[Letter, ...]:
    """The same of letters, by the numbers of the schedule; mail servers tell addresses too."""
    found = tuple(letters)
    people = dict.fromkeys([*run.schedule.recipients, *(each.recipient for each in found)])
    number = {person: f"#{at}" for at, person in enumerate(people, 1)}
    return tuple(replace(each, recipient=number[each.recipient], error=None) for each in found)
