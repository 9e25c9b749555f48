"""What happens in writing: chats, and the threads of mail, form and messaging."""

from __future__ import annotations

from dataclasses import dataclass

from sample_data.simulator.aftermath import Aftermath
from sample_data.simulator.agents import Agent, Floor
from sample_data.simulator.world import Contact, World

CHAT_PATIENCE_S = 100.0
#: Median handling of one answer, seconds, and the chance that the customer writes again.
HANDLE_S = {"email": 250.0, "form": 210.0, "messaging": 95.0}
WRITES_AGAIN = {"email": 0.10, "form": 0.05, "messaging": 0.45}
#: Median pause before the customer writes again, seconds.
PAUSE_S = {"email": 9000.0, "form": 9000.0, "messaging": 170.0}
ADDS_A_MESSAGE = 0.35


@dataclass(frozen=True, slots=True)
class Chats:
    """A live conversation: the customer waits before the window."""

    world: World
    floor: Floor
    aftermath: Aftermath

    def begin(self, contact: Contact) -> None:
        contact.began = contact.entered = self.world.now
        contact.spell += 1
        customer = contact.need.customer.identities("chat")
        self.world.tell(contact, "queued", customer=customer)
        self.floor.enter(contact)
        self.world.after(contact.lasts(CHAT_PATIENCE_S, 0.8), lambda: self._abandon(contact))

    def serve(self, contact: Contact, agent: Agent) -> None:
        wait = self.world.now - contact.entered
        self.world.tell(contact, "answered", agent=agent, wait_ms=wait)
        exchanges = 1 + contact.happens(0.7) + contact.happens(0.4)
        began = self.world.now
        self.world.after(
            contact.between(8, 25), lambda: self._reply(contact, agent, exchanges, began)
        )

    def resume(self, contact: Contact) -> None:
        """Left before the window by an earlier run: nobody is there any more."""
        self.world.after(contact.between(1, 30), lambda: self.world.tell(contact, "abandoned"))

    def _reply(self, contact: Contact, agent: Agent, left: int, began: int) -> None:
        self.world.tell(contact, "message_out", agent=agent)
        if left:
            pause = contact.lasts(45, 0.6)
            self.world.after(pause, lambda: self._question(contact, agent, left, began))
        else:
            self.world.after(contact.between(20, 60), lambda: self._end(contact, agent, began))

    def _question(self, contact: Contact, agent: Agent, left: int, began: int) -> None:
        self.world.tell(contact, "message_in")
        thinking = contact.lasts(60, 0.5)
        self.world.after(thinking, lambda: self._reply(contact, agent, left - 1, began))

    def _end(self, contact: Contact, agent: Agent, began: int) -> None:
        self.world.tell(contact, "resolved", agent=agent, talk_ms=self.world.now - began)
        self.floor.release(agent)
        self.aftermath.of_answer(contact)

    def _abandon(self, contact: Contact) -> None:
        if contact.waiting:
            contact.waiting = False
            self.world.tell(contact, "abandoned", wait_ms=self.world.now - contact.entered)
            self.aftermath.of_abandon(contact)


@dataclass(frozen=True, slots=True)
class Threads:
    """Mail, form and messaging: written now, answered when somebody has time."""

    world: World
    floor: Floor
    aftermath: Aftermath

    def begin(self, contact: Contact) -> None:
        contact.began = self.world.now
        self._write(contact)
        if contact.channel == "messaging" and contact.happens(ADDS_A_MESSAGE):
            self.world.after(contact.between(15, 60), lambda: self._add(contact))
        self.aftermath.of_waiting(contact)

    def serve(self, contact: Contact, agent: Agent) -> None:
        handling = contact.lasts(HANDLE_S[contact.channel], 0.6)
        self.world.after(handling, lambda: self._reply(contact, agent, handling))

    def resume(self, contact: Contact) -> None:
        """Back in its queue: it was open when an earlier run of the simulator ended."""
        contact.entered = self.world.now
        self.floor.enter(contact)

    def _write(self, contact: Contact) -> None:
        contact.entered = self.world.now
        customer = contact.need.customer.identities(contact.channel)
        self.world.tell(contact, "message_in", customer=customer)
        self.floor.enter(contact)

    def _add(self, contact: Contact) -> None:
        if contact.waiting:
            self.world.tell(contact, "message_in")

    def _reply(self, contact: Contact, agent: Agent, handling: int) -> None:
        self.world.tell(contact, "message_out", agent=agent, talk_ms=handling)
        contact.answered = True
        self.floor.release(agent)
        near = contact.channel == "messaging"
        if contact.happens(WRITES_AGAIN[contact.channel]):
            pause = contact.lasts(PAUSE_S[contact.channel], 0.7)
            if not near:
                self.world.after(1000, lambda: self._close(contact, agent))
            self.world.after(pause, lambda: self._write(contact))
        else:
            self.world.after(
                contact.between(60, 180) if near else 1000, lambda: self._settle(contact, agent)
            )

    def _close(self, contact: Contact, agent: Agent) -> None:
        self.world.tell(contact, "resolved", agent=agent)

    def _settle(self, contact: Contact, agent: Agent) -> None:
        self._close(contact, agent)
        self.aftermath.of_answer(contact)
