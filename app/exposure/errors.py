"""Refusals of this domain that callers tell apart from others; all reach the user as they are."""

from __future__ import annotations

from app.errors import Conflict, WrongUse


class UnknownWord(WrongUse):
    """A channel, reason, segment, surface or state that does not exist; names those that do."""

    def __init__(self, what: str, asked: str, known: list[str]) -> None:
        super().__init__(f"no {what} «{asked}»; there are: {', '.join(known)}")


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
