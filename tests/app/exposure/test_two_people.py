"""Closing needs a second person: any sequence of acts, by anybody, through any door."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from app.errors import AppError, Conflict, Forbidden, NotFound, WrongUse
from app.exposure.approvals import Pending
from app.exposure.effective import Context, deciding, standing
from app.exposure.errors import AlreadyDecided, GuardrailRefused, Stale
from app.exposure.guardrails import two_people
from app.exposure.model import ANY, Actor, Change, State, Switch
from app.exposure.service import ExposureService
from ingest.database import Database
from tests.app.conftest import Login
from tests.extent import extent

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = 60 * MINUTE
OPERATOR = ("viewer", "operator")
ANA, BOB = Actor("user", "ana", OPERATOR), Actor("user", "bob", OPERATOR)
#: Ana again: another token, another spelling, another account's name, a rule that she owns.
ANAS = [
    ANA, Actor("cli", "Ana ", OPERATOR), Actor("cli", "night shift", OPERATOR, "ana"),
    Actor("rule", "phone overload", OPERATOR, "ana"),
]  # fmt: skip
CHANNELS, REASONS = ["phone", "chat"], ["billing", "delivery", ANY]
STATES = [State.CLOSED, State.CLOSED, State.OPEN, State.TUCKED]


@pytest.fixture
def service(database: Database) -> ExposureService:
    return ExposureService(database)


def closing(channel: str = "phone", reason: str = "billing", **told: object) -> Change:
    given = {"state": State.CLOSED, "why": "too many calls", "expires_at": NOW + 5 * HOUR}
    return Change(channel=channel, reason=reason, **given | told)  # type: ignore[arg-type]


def proposed(service: ExposureService, actor: Actor = ANA, **told: object) -> Pending:
    found = service.propose(closing(**told), actor, NOW)  # type: ignore[arg-type]
    assert isinstance(found, Pending)
    return found


def test_a_closing_waits_until_somebody_else_approves_it(service: ExposureService) -> None:
    pending = proposed(service)
    assert service.list(NOW) == ()
    assert service.pending(NOW) == (pending,)
    (switch,) = service.approve(pending.id, BOB, NOW + MINUTE)
    assert (switch.state, switch.owner) == (State.CLOSED, "ana")
    (entry,) = service.history()
    assert (entry.proposed_by, entry.actor_name, entry.why) == ("ana", "bob", "too many calls")
    assert service.pending(NOW + MINUTE) == ()
    assert service.verify().problems == ()


@pytest.mark.parametrize("proposer", ANAS)
@pytest.mark.parametrize("approver", ANAS)
def test_the_same_human_behind_two_names_is_one(
    service: ExposureService, proposer: Actor, approver: Actor
) -> None:
    pending = proposed(service, proposer)
    with pytest.raises(Forbidden, match=r"another person|takes a person"):
        service.approve(pending.id, approver, NOW)
    assert service.list(NOW) == ()
    assert service.pending(NOW) == (pending,)


def test_a_rule_approves_nothing_and_closes_nothing_alone(service: ExposureService) -> None:
    guard = Actor("rule", "phone overload", OPERATOR, "eve")
    pending = proposed(service)
    with pytest.raises(Forbidden, match="takes a person"):
        service.approve(pending.id, guard, NOW)
    with pytest.raises(GuardrailRefused, match="two people"):
        service.set(closing("chat", expires_at=NOW + MINUTE), guard, NOW, emergency=True)


def test_a_proposal_is_over_after_half_an_hour_without_any_scheduler(
    service: ExposureService,
) -> None:
    pending = proposed(service)
    assert service.pending(NOW + 30 * MINUTE) == ()
    with pytest.raises(AlreadyDecided, match="waited for too long"):
        service.approve(pending.id, BOB, NOW + 30 * MINUTE)


def test_what_was_decided_is_not_decided_again(service: ExposureService) -> None:
    first = proposed(service)
    service.reject(first.id, ANA, NOW)
    with pytest.raises(AlreadyDecided, match="rejected by ana"):
        service.approve(first.id, BOB, NOW)
    second = proposed(service)
    service.approve(second.id, BOB, NOW)
    with pytest.raises(AlreadyDecided, match="approved by bob"):
        service.approve(second.id, BOB, NOW)
    with pytest.raises(NotFound):
        service.approve(99, BOB, NOW)


def test_what_changed_since_it_was_proposed_is_proposed_again(service: ExposureService) -> None:
    pending = proposed(service)
    service.set(closing(state=State.TUCKED), BOB, NOW)
    with pytest.raises(Stale, match="somebody was faster"):
        service.approve(pending.id, BOB, NOW)
    assert service.pending(NOW) == (pending,)


def test_asking_again_is_the_same_proposal(service: ExposureService) -> None:
    assert proposed(service) == proposed(service)
    assert len(service.pending(NOW)) == 1


def test_who_thinks_again_about_a_scope_has_one_proposal_there(service: ExposureService) -> None:
    first = proposed(service)
    other = proposed(service, reason="delivery")
    again = proposed(service, expires_at=NOW + 2 * HOUR)
    of_bob = proposed(service, BOB)
    assert service.pending(NOW) == (other, again, of_bob)
    with pytest.raises(AlreadyDecided, match="rejected by ana"):
        service.approve(first.id, BOB, NOW)


def test_closings_planned_for_two_days_are_two_proposals(service: ExposureService) -> None:
    planned = [
        proposed(service, starts_at=NOW + day * 24 * HOUR, expires_at=NOW + (day * 24 + 4) * HOUR)
        for day in (1, 2)
    ]
    assert list(service.pending(NOW)) == planned


def test_opening_and_tucking_take_one(service: ExposureService) -> None:
    for state in (State.TUCKED, State.OPEN, State.PROMOTED):
        assert service.set(closing(state=state), ANA, NOW).state is state


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"expires_at": NOW + HOUR + MINUTE}, "60 minutes at most"),
        ({"starts_at": NOW + 2 * HOUR, "expires_at": NOW + 2 * HOUR + MINUTE}, "60 minutes at"),
    ],
)
def test_an_emergency_closes_alone_for_an_hour_at_most(
    service: ExposureService, told: dict[str, object], words: str
) -> None:
    with pytest.raises(GuardrailRefused, match=words):
        service.set(closing(**told), ANA, NOW, emergency=True)  # type: ignore[arg-type]
    service.set(closing(expires_at=NOW + HOUR), ANA, NOW, emergency=True)
    assert service.history()[0].action == "emergency"


def test_an_emergency_is_not_prolonged_by_another(service: ExposureService) -> None:
    service.set(closing(expires_at=NOW + HOUR), ANA, NOW, emergency=True)
    for minutes in (30, 70, 119):
        now = NOW + minutes * MINUTE
        for reason in ("billing", ANY):
            change = closing(reason=reason, expires_at=now + HOUR)
            with pytest.raises(GuardrailRefused, match="two people"):
                service.set(change, BOB, now, emergency=True)
    later = NOW + 2 * HOUR
    service.set(closing(expires_at=later + HOUR), BOB, later, emergency=True)


def test_taking_an_exception_away_closes_too(service: ExposureService) -> None:
    everywhere = service.propose(closing(reason=ANY), ANA, NOW)
    kept = [service.set(closing(reason=r, state=State.OPEN, expires_at=None), ANA, NOW)
            for r in ("complaint", "subscription", "billing")]  # fmt: skip
    assert isinstance(everywhere, Pending)
    service.approve(everywhere.id, BOB, NOW)
    assert isinstance(service.revert(kept[-1].id, ANA, NOW + HOUR), Pending)
    short = closing(state=State.OPEN, expires_at=NOW + HOUR + MINUTE)
    with pytest.raises(GuardrailRefused, match="two people"):
        service.set(short, ANA, NOW + HOUR)
    with pytest.raises(GuardrailRefused, match="60 minutes at most"):
        service.set(short, ANA, NOW + HOUR, emergency=True)


def test_less_of_what_two_agreed_to_takes_one(service: ExposureService) -> None:
    service.approve(proposed(service).id, BOB, NOW)
    service.set(closing(share=50), ANA, NOW)
    service.set(closing(share=50, message_fr="Bientôt", expires_at=NOW + HOUR), ANA, NOW)
    for more in ({"share": 51, "expires_at": NOW + HOUR}, {"share": 50}):
        with pytest.raises(GuardrailRefused, match="two people"):
            service.set(closing(**more), ANA, NOW)


def test_a_share_grows_by_steps_each_agreed_to(service: ExposureService) -> None:
    pending = proposed(service, share=10)
    (switch,) = service.approve(pending.id, BOB, NOW)
    for share in (50, 100):
        step = service.ramp(switch.id, ANA, NOW)
        assert isinstance(step, Pending)
        (switch,) = service.approve(step.id, BOB, NOW)
        assert switch.share == share
    assert service.ramp(switch.id, ANA, NOW) == switch


def test_by_the_api_a_second_login_of_the_same_person_does_not_help(log_in: Login) -> None:
    otto, again, vera = log_in("otto"), log_in("otto"), log_in("vera")
    body = {
        "channel": "phone", "reason": "billing", "state": "closed", "why": "down",
        "expires_at": (datetime.now(UTC) + 2 * HOUR).isoformat(),
    }  # fmt: skip
    answer = otto.put("/api/v1/exposure/switches", json=body)
    assert answer.status_code == 202
    id = answer.json()["pending"]["id"]
    for browser in (otto, again, vera):
        refused = browser.post(f"/api/v1/exposure/pending/{id}/approve")
        assert refused.status_code == 403
    assert vera.post(f"/api/v1/exposure/pending/{id}/reject").status_code == 403
    assert [one["id"] for one in vera.get("/api/v1/exposure/pending").json()] == [id]
    assert otto.get("/api/v1/exposure").json()["switches"] == []
    assert otto.post(f"/api/v1/exposure/pending/{id}/reject").status_code == 204


@pytest.mark.parametrize(
    "forged",
    [
        "update exposure_pending set decision = 'approved', decided_by = 'ANA', decided_at = now()",
        "update exposure_pending set decision = 'approved'",
        "update exposure_pending set decision = 'yes', decided_by = 'bob', decided_at = now()",
        "update exposure_pending set expires_at = proposed_at",
    ],
)
def test_the_database_itself_wants_two_names(
    service: ExposureService, database: Database, forged: str
) -> None:
    proposed(service)
    with database.connect() as connection, pytest.raises(psycopg.IntegrityError):
        connection.execute(forged)


class Operators(RuleBasedStateMachine):
    """Two operators, one of them under four names, do what they like; closed minutes are counted.

    The model knows what was agreed by two: (channel, reason, from, until).  Whatever is closed at
    any moment must be so by agreement, or by one emergency of an hour at most.
    """

    database: Database
    sequences = approvals = approved = 0

    def __init__(self) -> None:
        super().__init__()
        with self.database.connect() as connection:
            for table in ("switches", "audit", "pending", "requests", "guardrails"):
                connection.execute(f"delete from exposure_{table}".encode())
        self.service = ExposureService(self.database)
        self.now = NOW
        self.agreed: list[tuple[str, str, datetime, datetime]] = []
        type(self).sequences += 1

    @initialize(actor=st.sampled_from([*ANAS, BOB]))
    def one_closing_waits(self, actor: Actor) -> None:
        self.service.propose(closing(), actor, self.now)

    @rule(minutes=st.sampled_from([6, 31, 61]))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    @rule(
        actor=st.sampled_from([*ANAS, BOB]), channel=st.sampled_from(CHANNELS),
        reason=st.sampled_from(REASONS), state=st.sampled_from(STATES),
        share=st.sampled_from([10, 100]), minutes=st.sampled_from([5, 60, 90]),
        start=st.sampled_from([None, 20]), how=st.sampled_from(["set", "emergency", "propose"]),
    )  # fmt: skip
    def somebody_sets(
        self, actor: Actor, channel: str, reason: str, state: State, share: int, minutes: int,
        start: int | None, how: str,
    ) -> None:  # fmt: skip
        begins = None if start is None else self.now + start * MINUTE
        change = Change(
            channel=channel, reason=reason, state=state, share=share, why="x",
            starts_at=begins, expires_at=(begins or self.now) + minutes * MINUTE,
        )  # fmt: skip
        with suppress(Conflict, Forbidden, NotFound, WrongUse):
            if how == "propose":
                self.service.propose(change, actor, self.now)
            else:
                self.service.set(change, actor, self.now, emergency=how == "emergency")

    @rule(actor=st.sampled_from([*ANAS, BOB]))
    def somebody_approves(self, actor: Actor) -> None:
        type(self).approvals += 1
        waiting = self.service.pending(self.now)
        pending = waiting[-1] if waiting else None
        with suppress(Conflict, Forbidden, NotFound, WrongUse):
            self.service.approve(pending.id if pending else 99, actor, self.now)
            assert pending is not None
            assert BOB.name in (actor.name, pending.by_name), "approved by who proposed it"
            type(self).approved += 1
            self._agree()

    @rule(actor=st.sampled_from([*ANAS, BOB]), id=st.integers(1, 4))
    def somebody_reverts(self, actor: Actor, id: int) -> None:
        with suppress(Conflict, Forbidden, NotFound, WrongUse):
            self.service.revert(id, actor, self.now)

    @rule(actor=st.sampled_from([ANA, BOB]), undo=st.booleans())
    def somebody_opens_all_or_undoes_it(self, actor: Actor, undo: bool) -> None:
        with suppress(Conflict, Forbidden, NotFound, WrongUse):
            if undo:
                self.service.undo_all_open(actor, "x", self.now)
            else:
                self.service.all_open(actor, "x", self.now)
                assert not _closed(self.service.read().switches, self.now)

    @invariant()
    def whatever_is_closed_was_agreed_to_or_is_an_emergency(self) -> None:
        board = self.service.read().switches
        for minutes in (0, 10, 25, 59, 61, 100):
            at = self.now + minutes * MINUTE
            for channel, reason in _closed(board, at):
                assert self._covered(channel, reason, at), (channel, reason, at)
        self.agreed = [one for one in self._shut(board) if self._by_two(*one[:3])]

    def teardown(self) -> None:
        assert self.service.verify().problems == ()

    def _agree(self) -> None:
        """What is closed now and later has been agreed to by two."""
        self.agreed = self._shut(self.service.read().switches)

    def _shut(self, board: Sequence[Switch]) -> list[tuple[str, str, datetime, datetime]]:
        """What is closed from now on: channel, reason, from, until."""
        edges = {edge for s in board for edge in (s.starts_at, s.expires_at)}
        edges |= {edge for _c, _r, *both in self.agreed for edge in both}
        times = sorted({self.now, *(e for e in edges if e and e > self.now)})
        return [
            (channel, reason, start, end)
            for start, end in pairwise(times)
            for channel, reason in _closed(board, start)
        ]

    def _covered(self, channel: str, reason: str, at: datetime) -> bool:
        if self._by_two(channel, reason, at):
            return True
        emergencies = [e.at for e in self.service.history(limit=1000) if e.action == "emergency"]
        return any(start <= at < start + HOUR for start in emergencies)

    def _by_two(self, channel: str, reason: str, at: datetime) -> bool:
        told = (channel, reason)
        return any((c, r) == told and start <= at < end for c, r, start, end in self.agreed)


def _closed(board: Sequence[Switch], at: datetime) -> list[tuple[str, str]]:
    """The channels and reasons that are closed at that moment, for anybody."""
    current = standing(board, at)
    asked = product(("phone", "chat"), ("billing", "delivery"))
    found = [(c, r, deciding(current, c, Context(reason=r))) for c, r in asked]
    return [(c, r) for c, r, switch in found if switch and switch.state is State.CLOSED]


def stateful(database: Database, examples: int) -> int:
    """Run so many sequences; how many there were."""
    Operators.database = database
    Operators.sequences = Operators.approvals = Operators.approved = 0
    run_state_machine_as_test(
        Operators,
        settings=settings(
            max_examples=examples, stateful_step_count=10, deadline=None, derandomize=True,
            database=None, suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        ),
    )  # fmt: skip
    return Operators.sequences


@pytest.mark.timeout(300)
def test_no_sequence_of_acts_closes_anything_without_a_second_person(database: Database) -> None:
    sequences = extent(50, 300)
    assert stateful(database, sequences) >= sequences
    assert Operators.approvals > sequences / 3
    assert Operators.approved > sequences / 15


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mutant", ["names as they are written", "the present only"])
def test_the_same_sequences_catch_a_rule_that_can_be_gone_round(
    database: Database, monkeypatch: pytest.MonkeyPatch, mutant: str
) -> None:
    if mutant == "names as they are written":
        monkeypatch.setattr(Actor, "people", property(lambda actor: {actor.name}))
    else:
        monkeypatch.setattr(two_people, "moments", lambda switches, now: [now])
    with pytest.raises((AssertionError, AppError, psycopg.IntegrityError, ExceptionGroup)):
        stateful(database, 300)
