"""Refusals of this domain that callers tell apart from others; all reach the user as they are."""

from __future__ import annotations

from app.errors import WrongUse


class InvalidAlert(WrongUse):
    """An alert that cannot be meant; `code` names what is wrong, `field` where.

    The text is for the API and the command; a screen finds its own words by the code.
    """

    def __init__(self, code: str, text: str, field: str = "") -> None:
        super().__init__(text)
        self.code = code
        self.field = field
