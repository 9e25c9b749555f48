"""The only writer of exposure.

A change is one transaction: lock, idempotency key, version, guardrails, switch, audit entry,
notification; all of it or nothing.  Writers queue on the audit's lock, readers never wait.
A change that changes nothing writes nothing.  One that closes waits for a second person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from app.access.rights import Right, refusal
from app.errors import Forbidden, NotFound, WrongUse
from app.exposure import approvals, audit, carrying, moves, proposing, records
from app.exposure.approvals import Pending, RevertSwitch, SetGuardrails, SetHours, UndoOpening
from app.exposure.audit import Entry, Verification
from app.exposure.carrying import Author
from app.exposure.desk import Desk, reading, writing
from app.exposure.guardrails.two_people import Consent
from app.exposure.guardrails.values import Guardrails, read_values
from app.exposure.model import ANY, RAMP, Actor, Change, Switch, clean
from app.exposure.proposing import Answer
from app.exposure.reading import Exposure, read
from app.exposure.within import channels
from ingest.database import Database


class ExposureService:
    """Changes and reads of exposure on one database; holds no state of its own.

    Changes raise WrongUse, Forbidden, NotFound, Stale, GuardrailRefused, KeyReused, Busy.
    `expected_version` is the version the actor has seen, 0 for «none in force»; None takes
    whatever is there.  The same `key` with the same content answers again without doing again.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def set(
        self,
        change: Change,
        actor: Actor,
        now: datetime,
        *,
        expected_version: int | None = None,
        key: str | None = None,
        emergency: bool = False,
        readings: str | None = None,
    ) -> Switch:
        """Make the scope's switch what `change` says; answers the switch as it then stands.

        A closing is refused, except as an `emergency`, which one person may do for an hour at
        most; see `propose`.  `readings` is what the board said, as JSON, for the audit.
        """
        content = ["set", change, expected_version, *proposing.later(emergency, readings)]

        def work(desk: Desk) -> Answer:
            actor.require_within([change.channel])
            act = proposing.setting(desk, change, expected_version, now)
            by = proposing.author(actor, now, change.why, readings, emergency=emergency)
            return carrying.carry_out(desk, act, by)[0]

        answer = self._once(key, content, actor, now, work)
        assert isinstance(answer, Switch)
        return answer

    def propose(
        self,
        change: Change,
        actor: Actor,
        now: datetime,
        *,
        expected_version: int | None = None,
        key: str | None = None,
        readings: str | None = None,
        advise: bool = False,
    ) -> Switch | Pending:
        """As `set`, but what needs a second person waits for one: then it is Pending.

        With `advise` it waits in any case: a rule that only advises.
        """
        content = ["propose", change, expected_version, *proposing.later(advise, readings)]

        def work(desk: Desk) -> Answer:
            actor.require_within([change.channel])
            act = proposing.setting(desk, change, expected_version, now)
            by = proposing.author(actor, now, change.why, readings)
            found = proposing.wait(desk, act, by) if advise else proposing.do_or_wait(desk, act, by)
            return found if isinstance(found, Pending) else found[0]

        answer = self._once(key, content, actor, now, work)
        assert answer is not None
        return answer

    def revert(
        self,
        switch_id: int,
        actor: Actor,
        now: datetime,
        *,
        why: str = "",
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Switch | Pending | None:
        """Undo the switch's last change; None where there was no switch before it.

        Undoing twice does it again.  What would close again waits for a second person.
        """
        content = ["revert", switch_id, why, expected_version]

        def work(desk: Desk) -> Answer:
            last = next(iter(records.newest(desk.rows, switch_id, 1, None)), None)
            known = read(desk.rows).by_id(switch_id)
            moves.require_version(known, expected_version, now, f"switch {switch_id}")
            told = clean("why", why) or f"revert of change {last.seq if last else 0}"
            act = RevertSwitch(switch_id, known.version if known else 0)
            found = proposing.do_or_wait(desk, act, proposing.author(actor, now, told))
            return found if isinstance(found, Pending) else next(iter(found), None)

        return self._once(key, content, actor, now, work)

    def ramp(
        self, switch_id: int, actor: Actor, now: datetime, *, expected_version: int | None = None
    ) -> Switch | Pending:
        """The switch with the next share of 10, 50, 100 %; itself where there is none."""
        switch = self.read().by_id(switch_id)
        if switch is None:
            raise NotFound(f"no switch {switch_id}: see those that stand")
        share = next((share for share in RAMP if share > switch.share), switch.share)
        names = Change.__struct_fields__
        told = {name: getattr(switch, name) for name in names} | {"share": share}
        seen = switch.version if expected_version is None else expected_version
        return self.propose(Change(**told), actor, now, expected_version=seen)

    def approve(self, pending_id: int, actor: Actor, now: datetime) -> tuple[Switch, ...]:
        """Carry out what somebody else proposed; the switches as they then stand.

        All guardrails are asked again.  Raises Forbidden for who proposed it (also by another
        token) and for a rule, AlreadyDecided where it waits no more.
        """
        with self._alone(actor, "approve") as desk:
            pending = approvals.one(desk.rows, pending_id, now)
            actor.require_within(channels(pending.act, read(desk.rows)))
            approvals.require_second(pending, actor)
            approvals.decide(desk.rows, pending, "approved", actor, now)
            consent = Consent(second=True)
            by = Author(actor, now, pending.why, pending.readings, consent, pending.proposer)
            done = carrying.carry_out(desk, pending.act, by)
            carrying.tell(desk)
            return done

    def reject(self, pending_id: int, actor: Actor, now: datetime) -> None:
        """Let a proposal go; who proposed it may too.  Raises AlreadyDecided."""
        with self._alone(actor, "approve") as desk:
            pending = approvals.one(desk.rows, pending_id, now)
            actor.require_within(channels(pending.act, read(desk.rows)))
            approvals.decide(desk.rows, pending, "rejected", actor, now)
            carrying.tell(desk)

    def all_open(self, actor: Actor, why: str, now: datetime) -> tuple[Entry, ...]:
        """The kill switch: take away whatever hides a mode, now or as planned.

        One person, one transaction; proposals that wait are rejected.  Answers the audit
        entries, none where nothing was hidden.
        """
        with self._alone(actor) as desk:
            actor.require_within([ANY])
            exposure = read(desk.rows)
            for pending in approvals.waiting(desk.rows, now):
                approvals.decide(desk.rows, pending, "rejected", actor, now)
            by = proposing.author(actor, now, clean("why", why) or "all open")
            opened = moves.opening(exposure, now)
            carrying.store(desk, opened, by.step("all_open"))
            carrying.tell(desk)
            last = exposure.revision
            return records.between(desk.rows, last + 1, last + len(opened))

    def undo_all_open(self, actor: Actor, why: str, now: datetime) -> tuple[Switch, ...] | Pending:
        """Give back what the last `all_open` took away and what is not over.

        Waits for a second person where that closes anything.
        """
        with self._alone(actor) as desk:
            actor.require_within([ANY])
            if (span := records.last_opening(desk.rows)) is None:
                raise NotFound("nobody has opened all: there is nothing to undo")
            by = proposing.author(actor, now, clean("why", why) or "undo of all open")
            return proposing.do_or_wait(desk, UndoOpening(*span), by)

    def propose_guardrails(
        self, values: Guardrails, actor: Actor, why: str, now: datetime
    ) -> Pending | None:
        """Have the guardrails changed; always takes a second person.  None: they are so."""
        with self._alone(actor, "set_guardrails") as desk:
            actor.require_within([ANY])
            if not (told := clean("why", why)):
                raise WrongUse("changing the guardrails needs a reason: say why")
            act = SetGuardrails(values, read_values(desk.rows))
            found = proposing.do_or_wait(desk, act, proposing.author(actor, now, told))
            return found if isinstance(found, Pending) else None

    def set_hours(self, act: SetHours, actor: Actor, why: str, now: datetime) -> Pending | None:
        """Put the opening hours in force (None); Pending where they close anything soon.

        From the terminal of the server, where a site is set up, they hold at once: the audit
        tells.
        """
        with self._alone(actor, "set_hours") as desk:
            actor.require_within(channels(act, read(desk.rows)))
            by = proposing.author(actor, now, why)
            if actor.kind == "cli":
                by = replace(by, consent=Consent(terminal=True))
            found = proposing.do_or_wait(desk, act, by)
            return found if isinstance(found, Pending) else None

    def close_out(self, now: datetime) -> tuple[Switch, ...]:
        """Write down that switches are over, once each; what they were.

        They have not counted since they expired: this is for the audit and for those who listen.
        """
        with writing(self._database) as desk:
            ended = moves.ending(read(desk.rows), now)
            by = proposing.author(Actor("system", "vigie"), now, "its time is over")
            carrying.store(desk, ended, by.step("close_out"))
            return tuple(move.before for move in ended if move.before is not None)

    def read(self) -> Exposure:
        """Everything: modes, words, switches (also those that are over) and the revision."""
        with reading(self._database) as desk:
            return read(desk.rows)

    def list(self, now: datetime) -> tuple[Switch, ...]:
        """The switches that count now or will later, by id; those that are over left out."""
        return tuple(switch for switch in self.read().switches if not switch.over(now))

    def guardrails(self) -> Guardrails:
        """What the guardrails stand at."""
        with reading(self._database) as desk:
            return read_values(desk.rows)

    def pending(self, now: datetime) -> tuple[Pending, ...]:
        """The proposals that wait for a second person, the oldest first."""
        with reading(self._database) as desk:
            return approvals.waiting(desk.rows, now)

    def proposals(self, limit: int = 100) -> tuple[Pending, ...]:
        """All proposals and what became of them, newest first."""
        with reading(self._database) as desk:
            return approvals.newest(desk.rows, limit)

    def history(
        self, switch_id: int | None = None, *, limit: int = 100, before: int | None = None
    ) -> tuple[Entry, ...]:
        """Audit entries, newest first, of one switch or all; `before` (a seq) pages back.

        Switch 0 are the guardrails, -1 shortened opening hours: not among «all».
        """
        with reading(self._database) as desk:
            return records.newest(desk.rows, switch_id, limit, before)

    def verify(self) -> Verification:
        """Whether the audit is unbroken and has made the state what it is."""
        with reading(self._database) as desk:
            desk.rows.execute("set transaction isolation level repeatable read, read only")
            entries, switches = records.entries(desk.rows), read(desk.rows).switches
            return audit.verify(entries, switches, read_values(desk.rows))

    def _once(
        self,
        key: str | None,
        content: object,
        actor: Actor,
        now: datetime,
        work: Callable[[Desk], Answer],
    ) -> Answer:
        """Do the work, or give the answer that this key was given before."""
        digest = records.digest([content, actor.kind, actor.name])
        with self._alone(actor) as desk:
            if key is not None and (known := records.recall(desk.rows, key, digest)) is not None:
                return proposing.answer(known)
            answer = work(desk)
            if key is not None:
                records.remember(desk.rows, key, digest, answer, now)
            return answer

    @contextmanager
    def _alone(self, actor: Actor, right: Right = "flip") -> Iterator[Desk]:
        """The desk, for who has the right, and a name.  Raises Forbidden, WrongUse."""
        if not actor.may(right):
            raise Forbidden(refusal(right, f"{actor.name} lacks it"))
        if not clean("actor", actor.name):
            raise WrongUse("a change needs a name behind it")
        with writing(self._database) as desk:
            yield desk
