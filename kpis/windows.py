"""The window in which a further contact is a repeat, and what makes it one: chosen on reading."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from kpis.errors import WrongQuery

#: The windows that can be asked for, in days of 24 hours.
DAYS = (1, 2, 7, 14, 30)
DEFAULT_DAYS = 7


@dataclass(frozen=True, slots=True)
class RepeatWindow:
    """A repeat follows within `days`; on any channel for any reason, unless the same is asked for.

    Raises WrongQuery.
    """

    days: int = DEFAULT_DAYS
    same_reason: bool = False
    same_channel: bool = False

    def __post_init__(self) -> None:
        if self.days not in DAYS:
            *others, last = map(str, DAYS)
            raise WrongQuery(
                f"a repeat window of {self.days} days: write {', '.join(others)} or {last}"
            )

    @property
    def length(self) -> timedelta:
        """How long it is."""
        return timedelta(days=self.days)
