"""What is asked of the audit: by whom, of what, about which thing, when, and where to go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.audit.source import Line
from app.errors import WrongUse

_APART = "~"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the next one begins after this line."""

    at: datetime
    source: str
    number: int
    subject: str

    @classmethod
    def of(cls, line: Line) -> Place:
        return cls(line.at, line.source, line.number, line.subject)

    @classmethod
    def named(cls, text: str) -> Place:
        """The place of that word.  Raises WrongUse."""
        at, source, number, subject = (*text.split(_APART, 3), "", "", "")[:4]
        try:
            moment = datetime.fromisoformat(at)
            found = cls(moment, source, int(number), subject)
        except ValueError as error:
            raise WrongUse("this page of the audit is nowhere: begin at the first one") from error
        if moment.tzinfo is None or not abs(found.number) < 2**63:
            raise WrongUse("this page of the audit is nowhere: begin at the first one")
        return found

    @property
    def word(self) -> str:
        """The place as an address says it."""
        return _APART.join([self.at.isoformat(), self.source, str(self.number), self.subject])


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """[start, end), of one source, person or text; None: of all."""

    start: datetime
    end: datetime
    source: str | None = None
    who: str | None = None
    about: str | None = None
    after: Place | None = None
