"""A question for the contacts behind a number, in the words of a command line or an address."""

from __future__ import annotations

from datetime import datetime

import msgspec

from kpis.contact_page import place_of
from kpis.contacts import Behind, Place, after_a_wait, behind, narrowed
from kpis.intervals import moment
from kpis.parts import NUMERATOR
from kpis.question import Question, filters


class ContactQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """The number `kpi` of one row of a question's answer.

    `cells`: the row's values, ``dimension=value`` each; `interval`: a moment of its interval;
    without them the question as a whole is one row.  `wait`, `modality`: only those who left
    after such a wait (:func:`kpis.contacts.after_a_wait`).  `after`: the place where a page ended.
    """

    question: Question
    kpi: str = "offered"
    part: str = NUMERATOR
    cells: tuple[str, ...] = ()
    interval: str | None = None
    wait: str | None = None
    modality: tuple[str, ...] = ()
    after: str | None = None

    def under(self, formula: str) -> ContactQuestion:
        """The same question under another service-level formula."""
        question = msgspec.structs.replace(self.question, service_level_formula=formula)
        return msgspec.structs.replace(self, question=question)

    def behind(self, now: datetime) -> tuple[Behind, Place | None]:
        """The contacts, and the place after which they are wanted.  Raises WrongQuery.

        Every page tells the state as of the first.
        """
        now, place = (now, None) if self.after is None else place_of(self.after)
        query = self.question.query(now)
        at = None if self.interval is None else moment(self.interval, query.zone)
        found = behind(narrowed(query, filters(self.cells), at), self.kpi, self.part)
        if self.wait is not None:
            found = after_a_wait(found, self.wait, self.modality)
        return found, place
