"""Refusals of rules that a screen has words of its own for."""

from __future__ import annotations

from app.errors import Conflict, WrongUse


class Untried(Conflict):
    """A rule may not act by itself before its current version was tried on the past."""


class NoPast(WrongUse):
    """A rule that reads what is not kept minute by minute cannot be tried."""


class Decided(Conflict):
    """Somebody, or the rule itself, was faster."""


class Exists(Conflict):
    """A rule of that name is there already: nobody meant to change it."""


class Outdated(Conflict):
    """The rule has another version than the one that was changed."""
