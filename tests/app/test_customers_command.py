"""``vigie customers``: looked up, merged, split, undone; and vigie load links what it loads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.bootstrap import House, linker_of
from ingest.connector import Source
from ingest.events import Event, Identity
from tests.house import Answer, Vigie
from tests.ingest.telling import NOW, told

WHY = ("--reason", "ticket 4711", "--actor", "ada")


def call(thread: str, second: float, **identities: str) -> list[Event]:
    known = tuple(Identity(kind, value) for kind, value in identities.items())
    return [
        told(second, "queued", thread, identities=known),
        told(second + 5, "answered", thread),
    ]


@pytest.fixture
def stored(house: House) -> None:
    """Two customers with numbers of their own and one telephone; a third apart."""
    events = [
        *call("1", 0, crm="C1", phone="0639980001"), *call("2", 60, crm="C2", phone="0639980001"),
        *call("3", 120, crm="C2", email="bob@example.org"), *call("4", 180, phone="+33639980001"),
        *call("5", 240, email="eve@example.org"),
    ]  # fmt: skip
    house.store.write(Source("pbx", "test"), events, now=NOW)
    linker_of(house).drain(NOW)


def customer(vigie: Vigie, told: str) -> str:
    [row] = vigie("customers", "list", "--told", told, "--format", "json").rows
    return str(row["customer_key"])


def refused(answer: Answer, said: str, code: int = 1) -> None:
    assert (answer.code, answer.out) == (code, "")
    assert said in answer.err
    assert answer.err.count("\n") == 1


@pytest.mark.usefixtures("stored")
def test_customers_are_listed_masked_and_found_by_an_identity_however_spelt(
    vigie: Vigie,
) -> None:
    rows = vigie("customers", "list", "--format", "json").rows
    assert [row["contacts"] for row in rows] == [2, 1, 1, 1]
    assert "639980001" not in str(rows)
    assert "bob" not in str(rows)
    mail = customer(vigie, "email=BOB@example.org")
    assert mail == customer(vigie, "crm=C2")
    assert customer(vigie, "phone=06 39 98 00 01") == customer(vigie, "whatsapp=33639980001")


@pytest.mark.usefixtures("stored")
def test_a_merge_stands_and_can_be_undone(vigie: Vigie) -> None:
    [conflict] = vigie("customers", "conflicts", "--format", "json").rows
    assert (conflict["kind"], conflict["threads"]) == ("phone", 3)
    one, other = str(conflict["others"]).split()
    assert {one, other} == {customer(vigie, "crm=C1"), customer(vigie, "crm=C2")}
    assert vigie("customers", "merge", one, other, *WHY, "--format", "json").rows == [
        {"decision": 1}
    ]
    told = ("crm=C1", "crm=C2", "phone=+33639980001")
    assert len({customer(vigie, each) for each in told}) == 1
    assert vigie("customers", "conflicts", "--format", "json").rows == []
    assert vigie("verify").code == 0
    refused(vigie("customers", "merge", one, other, *WHY), "are one customer already")
    assert vigie("customers", "undo", 1, *WHY).code == 0
    assert {customer(vigie, "crm=C1"), customer(vigie, "crm=C2")} == {one, other}
    [decision] = vigie("customers", "decisions", "--all", "--format", "json").rows
    assert (decision["actor"], decision["undone_reason"]) == ("ada", "ticket 4711")
    assert vigie("customers", "decisions", "--format", "json").rows == []
    assert vigie("verify").code == 0


@pytest.mark.usefixtures("stored")
def test_a_split_ends_the_conflict_and_verify_agrees(vigie: Vigie) -> None:
    [conflict] = vigie("customers", "conflicts", "--format", "json").rows
    assert vigie("customers", "split", conflict["identity_key"], *WHY).code == 0
    assert vigie("customers", "conflicts", "--format", "json").rows == []
    refused(
        vigie("customers", "split", conflict["identity_key"], *WHY), "stands apart already"
    )
    assert vigie("verify").code == 0


@pytest.mark.usefixtures("stored")
def test_a_customer_is_shown_with_contacts_and_who_looked_is_kept(
    vigie: Vigie, house: House
) -> None:
    key = customer(vigie, "crm=C2")
    [shown] = vigie("customers", "show", key, "--actor", "ada", "--format", "json").rows
    assert shown["id"] == key
    timeline = shown["timeline"]
    assert isinstance(timeline, list)
    assert [one["outcome"] for one in timeline] == ["answered", "answered"]
    assert "bob@" not in json.dumps(shown)
    table = vigie("customers", "show", key, "--actor", "ada")
    assert "b•••@example.org" in table.out
    with house.database.engine.connect() as connection:
        query = "select actor, customer_key::text, way from customer_accesses"
        assert connection.exec_driver_sql(query).all() == [("ada", key, "command")] * 2


@pytest.mark.usefixtures("stored")
@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        (("show", "12"), "no customer 12: `vigie customers list`", 1),
        (("list", "--told", "bob"), "write kind=value", 2),
        (("list", "--told", "phone=anonymous"), "is no phone of anybody", 2),
        (("list", "--told", "crm=C9"), "no customer", 1),
        (("merge", "12", "13", *WHY), "no customer 12", 1),
        (("split", "12", "--reason", " ", "--actor", "ada"), "no customer 12", 1),
        (("undo", "12", *WHY), "no decision 12 is in force", 1),
    ],
)
def test_what_cannot_be_done_is_one_line(
    vigie: Vigie, words: tuple[str, ...], said: str, code: int
) -> None:
    refused(vigie("customers", *words), said, code)


def test_a_load_is_linked_when_it_ends(vigie: Vigie, tmp_path: Path) -> None:
    lines = [
        {"id": f"{thread}/{what}", "at": f"2026-03-02T09:0{minute}:00Z", "what": what,
         "contact": thread, "channel": "phone", "queue": "q", "customer": {"crm": "C1"}}
        for thread, minute in (("a", 1), ("b", 3)) for what in ("queued", "answered")
    ]  # fmt: skip
    path = tmp_path / "calls.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    loaded = vigie("load", "simulator", path, "--source", "pbx", "--format", "json")
    assert loaded.data["contacts"] == 2
    [row] = vigie("customers", "list", "--format", "json").rows
    assert (row["contacts"], row["identities"]) == (2, 1)
    assert vigie("verify").out == "0 differing cells\n"
