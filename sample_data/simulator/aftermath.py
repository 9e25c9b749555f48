"""What a customer does after a contact: is content, tries again, changes the channel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sample_data.simulator.choice import Need
from sample_data.simulator.world import Contact, World

#: Chance that one answer settles the matter.
SOLVED = {
    "phone": 0.85, "callback": 0.83, "chat": 0.80, "messaging": 0.80, "email": 0.76, "form": 0.72,
}  # fmt: skip
COMES_BACK_UNSOLVED, COMES_BACK_ABANDONED = 0.55, 0.60
#: Of those not answered in writing within six hours: call to ask where the answer stays.
CHASES, CHASES_AFTER_MS = 0.12, 6 * 3_600_000
MOST_TRIES = 4


@dataclass(frozen=True, slots=True)
class Aftermath:
    """``arise(need)``: somebody needs something now; ``place(need, channel)``: was promised it."""

    world: World
    arise: Callable[[Need], None]
    place: Callable[[Need, str], None]

    def of_answer(self, contact: Contact) -> None:
        """Answered: a bad answer brings the customer back, a day or so later."""
        if contact.happens(SOLVED[contact.channel]) or not contact.happens(COMES_BACK_UNSOLVED):
            return
        self._again(contact, contact.lasts(70_000, 0.9), "r")

    def of_abandon(self, contact: Contact) -> None:
        """Not answered: most try again within the hour."""
        if contact.happens(COMES_BACK_ABANDONED):
            self._again(contact, contact.lasts(540, 1.0), "a")

    def of_waiting(self, contact: Contact) -> None:
        """Written and still without an answer: some call."""
        if contact.happens(CHASES) and contact.need.tries < MOST_TRIES:
            need = _retry(contact.need, "w", after="phone")
            self.world.after(CHASES_AFTER_MS, lambda: self._chase(contact, need))

    def callback(self, contact: Contact) -> None:
        """The callback that was taken instead of waiting."""
        need = _retry(contact.need, "c", after="phone")
        self.world.after(1000, lambda: self.place(need, "callback"))

    def later(self, need: Need, delay_ms: int) -> None:
        """Found the door closed: comes again later."""
        again = _retry(need, "l", after=None)
        self.world.after(delay_ms, lambda: self.arise(again))

    def _again(self, contact: Contact, delay_ms: int, how: str) -> None:
        if contact.need.tries < MOST_TRIES:
            need = _retry(contact.need, how, after=contact.channel)
            self.world.after(delay_ms, lambda: self.arise(need))

    def _chase(self, contact: Contact, need: Need) -> None:
        if not contact.answered:
            self.arise(need)


def _retry(need: Need, how: str, after: str | None) -> Need:
    return replace(need, name=f"{need.name}{how}", after=after, tries=need.tries + 1)
