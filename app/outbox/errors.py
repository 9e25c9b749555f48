"""What a sender meets; what a user is told are the errors of :mod:`app.errors`."""

from __future__ import annotations


class OutboxError(Exception):
    """Root: one line of what was wrong."""


class LeaseLost(OutboxError):
    """Another sender has the subscriber by now: stop, and write nothing down."""


class NotReachable(OutboxError):
    """The address may not be told anything; trying again may help, if its name changes."""
