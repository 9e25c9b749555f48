"""Why a setting is not changed, in words that each reader's language has."""

from __future__ import annotations

from app.errors import Conflict, WrongUse
from app.i18n import N_, _


class Refused(WrongUse):
    """What is told cannot be set: `message` is a message id that says what to do.

    Its text is English, for commands and the API; :meth:`spoken` is the reader's.
    """

    def __init__(self, message: str, field: str = "", /, **places: object) -> None:
        super().__init__(message.format(**places) if places else message)
        self.field = field
        self._message, self._places = message, places

    def spoken(self) -> str:
        """The refusal in the language of the request."""
        return _(self._message, **self._places)


class ChangedMeanwhile(Conflict):
    """Somebody else has changed the same thing since it was looked at.  Status 409."""

    MESSAGE = N_("{who} changed this at {time} meanwhile: look at what stands now, then decide.")

    def __init__(self, who: str, time: str) -> None:
        super().__init__(self.MESSAGE.format(who=who, time=time))
        self._places = {"who": who, "time": time}

    def spoken(self) -> str:
        """The refusal in the language of the request."""
        return _(self.MESSAGE, **self._places)
