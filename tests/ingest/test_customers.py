"""Customers: a pure function of what was told together and of what people decided."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import text

from ingest.customer_check import rebuild
from ingest.customers import NoSuchCustomer, conflicts, crowds, customer, customers
from ingest.database import Database
from ingest.decisions import Decisions, RefusedDecision, decisions
from ingest.events import Event
from ingest.linker import Linker
from tests.extent import extent
from tests.ingest.knowing import (
    call,
    customers_of,
    differing,
    expected,
    keep,
    key_of,
    know,
    owners,
    rows,
    stored,
)
from tests.ingest.telling import NOW

DAY = 86_400


def decided(database: Database) -> Decisions:
    return Decisions(Linker(database))


WHO = {"actor": "ada", "reason": "ticket 4711", "now": NOW}


# --- what is one customer ---------------------------------------------------------------


def test_identities_told_by_one_thread_are_one_customer_across_threads(
    database: Database,
) -> None:
    know(database, call("a", "phone:1"), call("b", "email:a"), call("c", "email:b"))
    assert len(set(customers_of(database, "phone:1", "email:a", "email:b"))) == 3
    know(database, call("d", "phone:1", "email:a"))
    phone, mail, other = customers_of(database, "phone:1", "email:a", "email:b")
    assert phone == mail == min(key_of("phone:1"), key_of("email:a"))
    assert other == key_of("email:b")
    assert owners(database) == {"a": phone, "b": phone, "c": other, "d": phone}


def test_two_customer_numbers_are_never_merged_by_what_is_told(database: Database) -> None:
    know(
        database,
        call("ada", "crm:1", "email:a", "phone:1"), call("bob", "crm:2", "email:b", "phone:1"),
        call("by mail", "email:b"), call("by phone", "phone:1"), call("both", "phone:1", "email:a"),
    )  # fmt: skip
    ada, bob = customers_of(database, "crm:1", "crm:2")
    assert ada != bob
    assert customers_of(database, "email:a", "email:b") == [ada, bob]
    # The common telephone stands apart: it says less of a call than an address does.
    assert customers_of(database, "phone:1") == [key_of("phone:1")]
    shared = key_of("phone:1")
    assert owners(database) == {
        "ada": ada, "bob": bob, "by mail": bob, "by phone": shared, "both": ada,
    }  # fmt: skip
    with database.engine.connect() as connection:
        [conflict] = conflicts(connection)
    assert (conflict.identity_key, conflict.ambiguous, conflict.threads) == (shared, True, 4)
    assert conflict.others == sorted([ada or 0, bob or 0])


def test_a_chain_between_two_customer_numbers_merges_neither(database: Database) -> None:
    know(
        database, call("1", "crm:1", "phone:1"), call("2", "crm:2", "phone:2"),
        call("3", "phone:1", "email:x"), call("4", "phone:2", "email:x"), call("5", "email:x"),
    )  # fmt: skip
    one, two, between = customers_of(database, "crm:1", "crm:2", "email:x")
    assert len({one, two, between}) == 3
    assert customers_of(database, "phone:1", "phone:2") == [one, two]
    assert owners(database) == {"1": one, "2": two, "3": one, "4": two, "5": between}


def test_a_thread_that_names_two_customer_numbers_is_nobodys(database: Database) -> None:
    know(database, call("1", "crm:1"), call("2", "crm:2"), call("3", "crm:1", "crm:2"))
    assert len(set(customers_of(database, "crm:1", "crm:2"))) == 2
    assert set(owners(database)) == {"1", "2"}
    with database.engine.connect() as connection:
        assert {one.kind for one in conflicts(connection)} == {"crm"}


def test_a_switchboard_that_500_people_call_from_joins_nobody(database: Database) -> None:
    people = [call(f"p{n}", f"email:{n}", "phone:1") for n in range(500)]
    keep(database, *people[:8], call("switchboard", "phone:1"))
    Linker(database).drain(NOW)
    assert len(set(owners(database).values())) == 1
    keep(database, *people[8:])
    Linker(database).drain(NOW)
    assert customers_of(database, "phone:1") == [None]
    assert len(set(owners(database).values())) == 500
    assert "switchboard" not in owners(database)
    with database.engine.connect() as connection:
        [crowd] = crowds(connection)
    assert (crowd.kind, crowd.threads) == ("phone", 501)
    assert differing(database) == []


def test_an_eleventh_person_makes_a_telephone_nobodys_and_a_correction_gives_it_back(
    database: Database,
) -> None:
    know(database, *[call(f"p{n}", f"email:{n}", "phone:1") for n in range(11)])
    assert customers_of(database, "phone:1") == [None]
    know(database, replace(call("p10", "email:10", event_id="p10@0"), revision=1))
    [phone] = customers_of(database, "phone:1")
    assert phone is not None
    assert set(customers_of(database, *[f"email:{n}" for n in range(10)])) == {phone}
    assert customers_of(database, "email:10") == [key_of("email:10")]
    assert differing(database) == []


def test_a_thread_that_tells_very_many_identities_tells_of_nobody(database: Database) -> None:
    know(database, call("mailing", *[f"email:{n}" for n in range(17)]), call("one", "email:1"))
    assert set(owners(database)) == {"one"}
    assert differing(database) == []


def test_an_identity_that_arrives_with_an_event_that_changes_no_contact_counts(
    database: Database,
) -> None:
    know(database, call("a", "email:a", second=0), call("a", "email:a", second=60))
    know(database, call("a", "email:a", "phone:1", second=30, channel="phone"))
    know(database, call("b", "phone:1"))
    assert owners(database)["a"] == owners(database)["b"]
    assert differing(database) == []


def test_an_identity_that_a_revision_takes_back_is_forgotten(database: Database) -> None:
    know(database, call("a", "email:a"), call("b", "phone:1"))
    apart = stored(database)
    know(database, call("c", "email:a", "phone:1"))
    assert len(set(owners(database).values())) == 1
    know(database, replace(call("c", "email:a"), revision=1))
    assert len({owners(database)["a"], owners(database)["b"]}) == 2
    know(database, replace(call("c"), revision=2))
    assert stored(database)[0] == apart[0]
    assert differing(database) == []


# --- what people decide -----------------------------------------------------------------


def test_a_merge_joins_customer_numbers_and_undoing_it_restores_every_byte(
    database: Database,
) -> None:
    know(
        database, call("1", "crm:1", "phone:1"), call("2", "crm:2", "phone:1"),
        call("3", "crm:2", "email:b"), call("4", "phone:1"),
    )  # fmt: skip
    before = stored(database)
    ada, bob = customers_of(database, "crm:1", "crm:2")
    assert ada is not None
    assert bob is not None
    merge = decided(database).merge(ada, bob, **WHO)
    assert len(set(owners(database).values())) == 1
    know(database, call("5", "crm:1", "email:c"), call("6", "email:c"))
    assert len(set(owners(database).values())) == 1
    assert differing(database) == []
    know(database, replace(call("5"), revision=1), replace(call("6"), revision=1))
    decided(database).undo(merge, **WHO)
    assert stored(database) == before
    with database.engine.connect() as connection:
        [undone] = decisions(connection, undone=True)
        assert decisions(connection) == []
    assert (undone.undone_by, undone.undone_reason) == ("ada", "ticket 4711")


def test_whom_an_identity_was_merged_with_is_looked_at_when_nobody_tells_it_any_more(
    database: Database,
) -> None:
    know(database, call("a", "crm:0"), call("b", "crm:1"))
    decided(database).merge(key_of("crm:0"), key_of("crm:1"), **WHO)
    assert set(customers_of(database, "crm:0", "crm:1")) == {key_of("crm:1")}
    know(database, replace(call("b"), revision=1))
    assert customers_of(database, "crm:0") == [key_of("crm:0")]
    assert differing(database) == []


def test_a_split_takes_an_identity_out_for_good_until_it_is_undone(database: Database) -> None:
    know(
        database, call("1", "email:a", "phone:1"), call("2", "email:b", "phone:1"),
        call("3", "email:b"), call("4", "phone:1"),
    )  # fmt: skip
    assert len(set(owners(database).values())) == 1
    before = stored(database)
    split = decided(database).split(key_of("phone:1"), **WHO)
    a, b, phone = customers_of(database, "email:a", "email:b", "phone:1")
    assert len({a, b, phone}) == 3
    assert owners(database) == {"1": a, "2": b, "3": b, "4": phone}
    with database.engine.connect() as connection:
        assert conflicts(connection) == []
    know(database, call("5", "email:a", "phone:1"))
    assert customers_of(database, "phone:1") == [phone]
    assert differing(database) == []
    know(database, replace(call("5"), revision=1))
    decided(database).undo(split, **WHO)
    assert stored(database) == before


def test_a_merge_is_logged_with_the_thread_or_the_decision_that_made_it(
    database: Database,
) -> None:
    know(database, call("a", "phone:1"), call("b", "email:a"), call("c", "email:b"))
    know(database, call("joins", "phone:1", "email:a"))
    [(into,)] = rows(database, "select into_key from customer_merges")
    assert into == min(key_of("phone:1"), key_of("email:a"))
    [(thread,)] = rows(database, """
        select e.contact_id from customer_merges m join events e using (thread_key)
    """)
    assert thread == "joins"
    decided(database).merge(key_of("phone:1"), key_of("email:b"), **WHO)
    [(_, thread_key, decision)] = rows(database, """
        select into_key, thread_key, decision_id from customer_merges order by id offset 1
    """)
    assert thread_key is None
    assert decision == 1


def test_what_cannot_be_decided_is_refused_and_changes_nothing(database: Database) -> None:
    know(database, call("a", "phone:1", "email:a"), call("b", "email:b"))
    before = stored(database)
    here = decided(database)
    with pytest.raises(RefusedDecision, match="are one customer already"):
        here.merge(key_of("phone:1"), key_of("email:a"), **WHO)
    with pytest.raises(NoSuchCustomer, match="no customer 12"):
        here.merge(12, key_of("email:a"), **WHO)
    with pytest.raises(NoSuchCustomer, match="no customer 12"):
        here.split(12, **WHO)
    with pytest.raises(RefusedDecision, match="no decision 1 is in force"):
        here.undo(1, **WHO)
    for reason in (" ", "x" * 501, "two\nlines"):
        with pytest.raises(RefusedDecision, match="why"):
            here.split(key_of("phone:1"), actor="ada", reason=reason, now=NOW)
    here.split(key_of("phone:1"), **WHO)
    with pytest.raises(RefusedDecision, match="stands apart already"):
        here.split(key_of("phone:1"), **WHO)
    here.undo(rows(database, "select max(decision_id) from customer_decisions")[0][0], **WHO)
    assert stored(database) == before


# --- reading ------------------------------------------------------------------------------


def test_a_customer_is_found_by_any_identity_with_contacts_of_all_channels(
    database: Database,
) -> None:
    know(
        database, call("call", "phone:1", "crm:1"), call("mail", "email:a", "crm:1", second=DAY,
        channel="email", reason="billing"), call("other", "email:b"),
    )  # fmt: skip
    with database.engine.connect() as connection:
        found = customer(connection, key_of("email:a"))
        assert customer(connection, key_of("phone:1")) == found
        assert customer(connection, found.key, limit=1).timeline == found.timeline[:1]
        older = customer(connection, found.key, before=found.timeline[0].began_at).timeline
        assert older == found.timeline[1:]
        lines = customers(connection)
        with pytest.raises(NoSuchCustomer):
            customer(connection, 12)
    assert [(one.channel, one.reason) for one in found.timeline] == [
        ("email", "billing"), ("phone", None),
    ]  # fmt: skip
    assert sorted(one.masked for one in found.identities) == ["+33•••01", "a•••@example.org", "•••"]
    assert found.contacts == 2
    assert [(line.contacts, line.identities) for line in lines] == [(2, 3), (1, 1)]


# --- purity -------------------------------------------------------------------------------

NAMES = [f"{kind}:{n}" for kind, many in (("crm", 3), ("email", 4), ("phone", 4), ("cookie", 2))
         for n in range(many)]  # fmt: skip
_trial = itertools.count()


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Threads that tell a few identities; now and then a crowd behind one telephone."""
    told = draw(st.lists(
        st.tuples(
            st.integers(0, 9), st.lists(st.sampled_from(NAMES), max_size=3), st.integers(0, 2),
            st.integers(0, 5),
        ),
        min_size=1, max_size=16,
    ))  # fmt: skip
    crowd = draw(st.one_of(st.just(0), st.integers(9, 12)))
    events = [
        call(f"t{thread}", *names, second=second * DAY, event_id=f"e{number}",
             revision=0)
        for number, (thread, names, _, second) in enumerate(told)
    ]
    revised = [
        replace(event, revision=1, identities=event.identities[:-1])
        for event, (*_, twice, _) in zip(events, told, strict=True)
        if twice == 2
    ]
    callers = [call(f"crowd{n}", f"email:c{n}", "phone:0", second=n) for n in range(crowd)]
    return [*events, *revised, *callers]


def facts(events: list[Event]) -> dict[str, set[str]]:
    """What the threads tell, the newest revision of each event only."""
    names = {(i.kind, i.value): name for name in ALL_NAMES for i in (call("", name).identities)}
    newest: dict[str, Event] = {}
    for event in events:
        if event.revision >= newest.get(event.event_id, event).revision:
            newest[event.event_id] = event
    told: dict[str, set[str]] = {}
    for event in newest.values():
        said = {names[i.kind, i.value] for i in event.identities}
        told.setdefault(event.contact_id, set()).update(said)
    return told


ALL_NAMES = [*NAMES, *(f"email:c{n}" for n in range(12))]


@settings(
    max_examples=extent(150, 300), deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    events=histories(),
    seed=st.integers(0, 2**32),
    pieces=st.integers(1, 4),
    merges=st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=2),
    splits=st.lists(st.sampled_from(NAMES), max_size=1),
)
@example(
    events=[call("a", "crm:0", "phone:0"), call("b", "crm:1", "phone:0"), call("c", "crm:2")],
    seed=1, pieces=3, merges=[("crm:0", "crm:1"), ("phone:0", "crm:2")], splits=["crm:0"],
)  # fmt: skip
def test_any_order_any_repetition_any_decision_gives_what_the_rules_say(
    database: Database,
    events: list[Event],
    seed: int,
    pieces: int,
    merges: list[tuple[str, str]],
    splits: list[str],
) -> None:
    _forget_all(database)
    luck = random.Random(seed)
    mixed = [*events, *luck.choices(events, k=len(events) // 2)]
    luck.shuffle(mixed)
    linker = Linker(database, batch=luck.choice([1, 3, 10_000]))
    when = luck.randrange(pieces)
    for part in range(pieces):
        keep(database, *mixed[part::pieces])
        if luck.random() < 0.7:
            linker.drain(NOW)
        if part == when:
            _decide(linker, merges, splits, luck)
    linker.drain(NOW)
    if luck.random() < 0.2:
        assert differing(database) == []
    whose, owned = expected(facts(events), merges, splits)
    assert dict(zip(whose, customers_of(database, *whose), strict=True)) == whose
    assert owners(database) == owned


def _decide(
    linker: Linker, merges: list[tuple[str, str]], splits: list[str], luck: random.Random
) -> None:
    """Put the decisions in force, whatever is known at the time; some undone ones among them."""
    made = [*[("merge", *pair) for pair in merges], *[("split", name, None) for name in splits]]
    undone = [("merge", *luck.sample(NAMES, 2)), ("split", luck.choice(NAMES), None)]
    for kind, name, other in (*undone, *made):
        keys = {key_of(each) for each in (name, other) if each is not None}

        def note(at, kind=kind, name=name, other=other, keys=keys):  # type: ignore[no-untyped-def]
            row = at.execute(
                "insert into customer_decisions "
                "(kind, identity_key, other_key, actor, reason, made_at) "
                "values (%s, %s, %s, 'ada', 'told', %s) returning decision_id",
                (kind, key_of(name), None if other is None else key_of(other), NOW),
            ).fetchone()
            return row[0], keys

        number = linker.decide(note, NOW)
        if (kind, name, other) in undone[:2] and (kind, name, other) not in made:
            Decisions(linker).undo(number, actor="ada", reason="no", now=NOW)


def _forget_all(database: Database) -> None:
    """Quicker than truncate by far, for so few rows."""
    with database.connect(autocommit=True) as connection:
        for table in ("events", "threads", "contacts", "linking_due", "identities",
                      "thread_identities", "identity_ties", "thread_customers",
                      "customer_decisions", "customer_merges"):  # fmt: skip
            connection.execute(f"delete from {table}")


def test_the_check_finds_what_is_wrong_and_a_rebuild_repairs_it(database: Database) -> None:
    know(database, call("a", "phone:1", "email:a"), call("b", "email:b"), call("c", "crm:1"))
    good = stored(database)
    for damage in (
        "update identities set customer_key = 1 where kind = 'crm'",
        "delete from thread_customers", "delete from identity_ties",
        "delete from thread_identities", "update identities set ambiguous = true",
    ):  # fmt: skip
        with database.engine.begin() as connection:
            connection.execute(text(damage))
        assert differing(database) != [], damage
        with database.engine.begin() as connection:
            rebuild(connection)
        Linker(database).drain(NOW)
        assert differing(database) == []
        assert stored(database) == good


def test_what_is_still_due_is_no_difference(database: Database) -> None:
    know(database, call("a", "phone:1", "email:a"))
    keep(database, call("b", "phone:1", "email:b"))
    assert differing(database) == []
    Linker(database).drain(NOW)
    assert differing(database) == []
    assert len(set(owners(database).values())) == 1
