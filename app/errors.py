"""What this floor tells a user; ``app.cli`` and the API turn each into an exit code or a status."""

from __future__ import annotations

from collections.abc import Mapping


class AppError(Exception):
    """Root: one line that names the thing and the remedy.  Exit code 1, status 500."""

    status = 500

    @property
    def more(self) -> Mapping[str, object]:
        """What a problem document tells apart, beside that line."""
        return {}


class WrongUse(AppError):
    """The request itself is wrong.  Exit code 2, status 422."""

    status = 422


class NotFound(AppError):
    """No such thing.  Status 404."""

    status = 404


class Forbidden(AppError):
    """Known, but not allowed.  Status 403."""

    status = 403


class Conflict(AppError):
    """Somebody was faster, or a guardrail refuses.  Status 409."""

    status = 409
