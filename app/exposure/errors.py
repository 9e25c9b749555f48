"""Refusals of this domain that callers tell apart from others; all reach the user as they are."""

from __future__ import annotations

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


class GuardrailRefused(Conflict):
    """What no operator may do; `guardrail` names the rule."""

    def __init__(self, guardrail: str, text: str) -> None:
        super().__init__(f"guardrail «{guardrail}»: {text}")
        self.guardrail = guardrail
