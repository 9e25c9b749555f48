"""What happens to a call and to a callback: menu, queue, talk, wrap-up, transfer, abandon."""

from __future__ import annotations

from dataclasses import dataclass

from sample_data.simulator.aftermath import Aftermath
from sample_data.simulator.agents import Agent, Floor
from sample_data.simulator.world import Contact, World

#: Median talk by reason, seconds.
TALK_S = {
    "billing": 215.0, "delivery": 165.0, "subscription": 235.0, "technical": 290.0,
    "complaint": 320.0,
}  # fmt: skip
PATIENCE_S = 140.0
#: Of those who call: content with the menu's answer, transferred, held.
CONTAINED, TRANSFERRED, HELD = 0.05, 0.06, 0.28
#: After this wait the machine proposes to call back; so many say yes.
CALLBACK_AFTER_S, TAKES_CALLBACK = 75.0, 0.22
#: After this wait half of the calls overflow to a partner.
OVERFLOW_AFTER_S, OVERFLOWS = 300.0, 0.5
UNREACHABLE = 0.06
SECOND_LEVEL = {
    "billing": "subscription", "delivery": "complaint", "subscription": "billing",
    "technical": "subscription", "complaint": "billing",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Calls:
    """Phone and callback."""

    world: World
    floor: Floor
    aftermath: Aftermath

    def begin(self, contact: Contact) -> None:
        """The customer dials (a menu first), or asks to be called."""
        contact.began = self.world.now
        if contact.channel == "callback":
            self._queue(contact)
            return
        menu = contact.between(12, 40)
        if contact.happens(CONTAINED):
            self.world.after(menu * 2, lambda: self._contained(contact))
        else:
            self.world.after(menu, lambda: self._queue(contact))

    def serve(self, contact: Contact, agent: Agent) -> None:
        """An agent takes the call, or reaches nobody when calling back."""
        if contact.channel == "callback" and contact.happens(UNREACHABLE):
            self.world.after(30_000, lambda: self._unreachable(contact, agent))
            return
        now, customer = self.world.now, contact.need.customer
        known = {"crm": customer.crm} if contact.happens(0.7) else None
        dialled = now - contact.began if contact.channel == "phone" else None
        self.world.tell(
            contact,
            "answered",
            agent=agent,
            customer=known,
            wait_ms=now - contact.entered,
            dial_wait_ms=dialled,
        )
        self._talk(contact, agent)

    def resume(self, contact: Contact) -> None:
        """Left in the queue by an earlier run: nobody is there any more."""
        self.world.after(contact.between(1, 30), lambda: self.world.tell(contact, "abandoned"))

    def _contained(self, contact: Contact) -> None:
        customer = contact.need.customer.identities(contact.channel)
        self.world.tell(contact, "contained", customer=customer)

    def _queue(self, contact: Contact) -> None:
        world, spell = self.world, contact.spell + 1
        contact.spell, contact.entered = spell, world.now
        world.tell(contact, "queued", customer=contact.need.customer.identities(contact.channel))
        self.floor.enter(contact)
        if contact.channel == "callback":
            return
        world.after(contact.lasts(PATIENCE_S, 0.9), lambda: self._abandon(contact, spell))
        if contact.happens(TAKES_CALLBACK):
            wait = contact.between(CALLBACK_AFTER_S, CALLBACK_AFTER_S + 15)
            world.after(wait, lambda: self._flow_out(contact, spell, "callback"))
        if contact.happens(OVERFLOWS):
            wait = int(OVERFLOW_AFTER_S * 1000)
            world.after(wait, lambda: self._flow_out(contact, spell, "partner"))

    def _talk(self, contact: Contact, agent: Agent) -> None:
        talk = contact.lasts(TALK_S[contact.need.reason], 0.55)
        hold = contact.lasts(40, 0.6) if contact.happens(HELD) else 0
        wrap = contact.lasts(32, 0.5)
        transfers = contact.spell < 2 and contact.channel == "phone"
        what = "transferred" if transfers and contact.happens(TRANSFERRED) else "resolved"
        self.world.after(
            talk + hold + wrap, lambda: self._end(contact, agent, what, (talk, hold, wrap))
        )

    def _end(self, contact: Contact, agent: Agent, what: str, told: tuple[int, int, int]) -> None:
        talk, hold, wrap = told
        onward = SECOND_LEVEL[contact.queue] if what == "transferred" else None
        self.world.tell(
            contact, what, agent=agent, talk_ms=talk, hold_ms=hold, wrap_ms=wrap, to=onward
        )
        self.floor.release(agent)
        if onward:
            contact.queue = onward
            self.world.after(1000, lambda: self._queue(contact))
        else:
            self.aftermath.of_answer(contact)

    def _abandon(self, contact: Contact, spell: int) -> None:
        if self._leaves(contact, spell):
            wait = self.world.now - contact.entered
            self.world.tell(contact, "abandoned", wait_ms=wait)
            self.aftermath.of_abandon(contact)

    def _flow_out(self, contact: Contact, spell: int, to: str) -> None:
        if self._leaves(contact, spell):
            wait = self.world.now - contact.entered
            self.world.tell(contact, "flowed_out", wait_ms=wait, to=to)
            if to == "callback":
                self.aftermath.callback(contact)

    def _unreachable(self, contact: Contact, agent: Agent) -> None:
        self.world.tell(contact, "flowed_out", agent=agent, to="unreachable")
        self.floor.release(agent)

    def _leaves(self, contact: Contact, spell: int) -> bool:
        """Leave the queue, if this wait still lasts."""
        if not contact.waiting or contact.spell != spell:
            return False
        contact.waiting = False
        return True
