"""What happens with the chatbot: it settles the matter, hands over, or the customer leaves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sample_data.simulator.choice import Need
from sample_data.simulator.world import Contact, World

#: Of those who talk to it: content with its answer, passed on to a person; the others leave.
CONTAINED, HANDED_OVER = 0.56, 0.30


@dataclass(frozen=True, slots=True)
class Bots:
    """Sessions.  ``arise(need)``: the customer who is handed over needs a person now."""

    world: World
    arise: Callable[[Need], None]

    def begin(self, contact: Contact) -> None:
        """The customer opens the window and is answered at once."""
        contact.began = contact.entered = self.world.now
        customer = contact.need.customer.identities(contact.channel)
        self.world.tell(contact, "offered", customer=customer)
        self.world.after(contact.lasts(55, 0.6), lambda: self._end(contact))

    def resume(self, contact: Contact) -> None:
        """Left open by an earlier run: nobody is there any more."""
        self.world.after(contact.between(1, 30), lambda: self.world.tell(contact, "abandoned"))

    def _end(self, contact: Contact) -> None:
        fate = contact.stream.random()
        if fate < CONTAINED:
            self.world.tell(contact, "contained")
        elif fate < CONTAINED + HANDED_OVER:
            self.world.tell(contact, "transferred", to="chat")
            need = replace(contact.need, name=f"{contact.id}h", after="chat")
            self.world.after(1000, lambda: self.arise(need))
        else:
            self.world.tell(contact, "abandoned")
