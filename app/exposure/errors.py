"""Refusals of this domain that callers tell apart from others; all reach the user as they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from app.errors import Conflict, WrongUse


class UnknownWord(WrongUse):
    """A channel, reason, segment, surface or state that does not exist; names those that do."""

    def __init__(self, what: str, asked: str, known: list[str]) -> None:
        super().__init__(f"no {what} «{asked}»; there are: {', '.join(known)}")
        self.asked = asked


class InvalidChange(WrongUse):
    """A change that cannot be meant; `code` names the rule and `field` what breaks it.

    The text is for the API and the command; a screen finds its own words by the code.
    """

    def __init__(self, code: str, text: str, field: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.field = field


class Busy(Conflict):
    """Another change is being written just now."""


class ScopeTaken(Conflict):
    """Another switch has the scope that a revert would give back."""


class Stale(Conflict):
    """The switch has moved on since the caller read it; `current` is its version, 0 for none."""

    def __init__(self, text: str, current: int) -> None:
        super().__init__(text)
        self.current = current


class KeyReused(Conflict):
    """An idempotency key came back with other content."""


class AlreadyDecided(Conflict):
    """The proposal has been approved, rejected, or has waited for too long."""


class GuardrailRefused(Conflict):
    """What no operator may do: `name` of the guardrail, what it `told`, what it `allowed`.

    `until` is when it would let it pass, where time decides.
    """

    def __init__(self, name: str, told: str, allowed: str, until: datetime | None = None) -> None:
        super().__init__(f"guardrail «{name}»: {told}; {allowed}")
        self.name = name
        self.told = told
        self.allowed = allowed
        self.until = until

    @property
    def more(self) -> Mapping[str, object]:
        return {"guardrail": self.name, "told": self.told, "allowed": self.allowed} | (
            {} if self.until is None else {"until": self.until}
        )
