"""`vigie targets`: dated, with versions; the past is rewritten only where that is asked for."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from app.bootstrap import House
from app.decision import Decision
from app.errors import Conflict, WrongUse
from app.target_book import TargetBook, Wanted
from ingest.connector import Source
from tests.house import Vigie
from tests.kpis.telling import MONDAY, contact

TEST = Source("test", "simulator")
DAY = ("--from", "2024-03-04", "--to", "2024-03-05", "--zone", "Europe/Paris")


@pytest.fixture
def calls(house: House) -> None:
    """Four calls of a Monday that waited 10, 25, 25 and 40 s, and a mail of nine hours."""
    waits = {"c1": 10, "c2": 25, "c3": 25, "c4": 40}
    events = [event for name, wait in waits.items() for event in contact(name, wait_s=wait)]
    events += contact("m", channel="email", left="message_out", wait_s=9 * 3600)
    house.store.load(TEST, events, now=MONDAY)


def level(vigie: Vigie, channel: str = "phone", key: str = "service_level") -> object:
    words = ("--where", f"channel={channel}", "--format", "json")
    [row] = vigie("kpis", *DAY, *words).rows
    return row[key]


def changed(vigie: Vigie, *words: object) -> dict[str, object]:
    answer = vigie("targets", *words, "--format", "json")
    assert answer.code == 0, answer.err
    [row] = answer.rows
    return row


def require_verified(vigie: Vigie) -> None:
    answer = vigie("verify")
    assert (answer.code, answer.out) == (0, "0 differing cells\n")


def test_the_targets_in_force_are_listed_and_the_others_on_demand(vigie: Vigie) -> None:
    before = vigie("targets", "list", "--format", "json").rows
    assert ("phone", 20.0) not in {(row["channel"], row["seconds"]) for row in before}
    changed(vigie, "set", "--channel", "phone", "--seconds", 30, "--from", "2199-01-01")
    later = vigie("targets", "list", "--format", "json").rows
    assert later == before
    everything = vigie("targets", "list", "--all", "--format", "json").rows
    [new] = [row for row in everything if row["channel"] == "phone"]
    assert (new["seconds"], new["short"], new["goal"], new["in_force"]) == (30, 5, 0.8, False)


@pytest.mark.usefixtures("calls")
def test_contacts_that_have_arrived_keep_their_target_and_new_ones_get_the_new(
    vigie: Vigie, house: House
) -> None:
    assert level(vigie) == 0.25
    change = changed(vigie, "set", "--channel", "phone", "--seconds", 30, "--why", "agreed")
    assert (change["version"], change["new"], change["recounted"]) == (2, True, 0)
    assert level(vigie) == 0.25
    late = contact("late", MONDAY + timedelta(minutes=1), wait_s=25)
    now = datetime.now(UTC)
    fresh = contact("fresh", now, left=None)
    house.store.load(TEST, [*late, *fresh], now=now + timedelta(minutes=1))
    assert level(vigie) == 0.2  # whoever arrived then is judged as then
    with house.database.engine.connect() as connection:
        found = connection.scalars(
            text("select target_ms from contacts where contact_id = 'fresh'")
        )
        assert list(found) == [30_000]
    require_verified(vigie)


@pytest.mark.usefixtures("calls")
def test_a_target_for_the_past_is_refused_while_contacts_would_change(vigie: Vigie) -> None:
    words = ("set", "--channel", "phone", "--seconds", 30, "--from", "2024-03-01")
    refused = vigie("targets", *words)
    assert (refused.code, refused.out) == (2, "")
    assert "4 contacts have arrived since 2024-02-29T23:00:00+00:00" in refused.err
    assert "--recount" in refused.err
    assert refused.err.count("\n") == 1
    assert level(vigie) == 0.25
    assert changed(vigie, "set", "--channel", "chat", *words[3:])["new"] is True


@pytest.mark.usefixtures("calls")
def test_asked_for_the_past_is_counted_again_and_every_number_holds(vigie: Vigie) -> None:
    words = ("--channel", "phone", "--seconds", 30, "--from", "2024-03-01", "--recount")
    change = changed(vigie, "set", *words)
    assert (change["version"], change["recounted"]) == (2, 5)
    assert level(vigie) == 0.75
    require_verified(vigie)


@pytest.mark.usefixtures("calls")
def test_targets_in_force_can_be_applied_to_what_arrived_before_them(vigie: Vigie) -> None:
    changed(vigie, "set", "--channel", "phone", "--seconds", 30)
    changed(vigie, "set", "--channel", "email", "--seconds", 10 * 3600)
    assert level(vigie, "email", "async_service_level") == 0.0
    change = changed(vigie, "apply", "--from", "2024-03-04", "--channel", "phone")
    assert (change["version"], change["recounted"]) == (4, 5)
    assert (level(vigie), level(vigie, "email", "async_service_level")) == (0.75, 0.0)
    require_verified(vigie)
    changed(vigie, "apply", "--from", "2024-03-01")
    assert level(vigie, "email", "async_service_level") == 1.0
    require_verified(vigie)
    again = changed(vigie, "apply", "--from", "2024-03-01")
    assert (again["new"], again["version"]) == (False, 5)


@pytest.mark.usefixtures("calls")
def test_a_queue_goes_before_its_channel(vigie: Vigie) -> None:
    queue = ("--queue", "billing", "--seconds", 41, "--goal", 0.9, "--short", 3)
    changed(vigie, "set", "--channel", "phone", *queue, "--from", "2024-01-01", "--recount")
    changed(vigie, "set", "--channel", "phone", "--seconds", 5, "--from", "2024-01-01", "--recount")
    assert level(vigie) == 1.0
    require_verified(vigie)


def test_saying_the_same_again_makes_no_new_version(vigie: Vigie) -> None:
    words = ("set", "--channel", "phone", "--seconds", 30, "--from", "2199-01-01")
    assert changed(vigie, *words)["new"] is True
    assert changed(vigie, *words)["new"] is False
    told = vigie("targets", "versions", "--format", "json").rows
    assert [row["version"] for row in told] == [2, 1]


def test_versions_tell_who_what_and_why(vigie: Vigie) -> None:
    words = ("--actor", "lea", "--why", "contract of 2025")
    changed(vigie, "set", "--channel", "phone", "--seconds", 30, "--from", "2199-01-01", *words)
    newest, first = vigie("targets", "versions", "--format", "json").rows
    assert (newest["decided_by"], newest["why"]) == ("lea", "contract of 2025")
    assert newest["change"] == ("phone: none → 30 s (short 5 s, 80%) from 2198-12-31T23:00:00Z")
    assert first["change"] == "what came with Vigie"


def test_the_formula_is_a_setting_with_a_version(vigie: Vigie) -> None:
    chosen = changed(vigie, "formula", "answered_only", "--why", "as before")
    assert (chosen["version"], chosen["formula"]) == (2, "answered_only")
    assert chosen["change"] == "formula: abandons_count_against → answered_only"
    assert changed(vigie, "formula", "answered_only")["new"] is False
    told = vigie("targets", "formula", "--format", "json").rows
    assert [row["id"] for row in told if row["in_force"]] == ["answered_only"]


def test_a_file_sets_all_of_its_targets_or_none(vigie: Vigie, tmp_path: Path) -> None:
    path = tmp_path / "targets.toml"
    path.write_text(
        '[[targets]]\nchannel = "phone"\nseconds = 30\ngoal = 0.9\nfrom = 2024-01-01\n'
        '[[targets]]\nchannel = "phone"\nqueue = "vip"\nseconds = 10\n'
        "from = 2024-01-01T08:00:00+02:00\n"
    )
    assert changed(vigie, "import", path)["version"] == 2
    told = vigie("targets", "list", "--format", "json").rows
    phone = {row["queue"]: row for row in told if row["channel"] == "phone"}
    assert (phone["*"]["from"], phone["*"]["goal"]) == ("2023-12-31T23:00:00+00:00", 0.9)
    assert (phone["vip"]["from"], phone["vip"]["seconds"]) == ("2024-01-01T06:00:00+00:00", 10)
    path.write_text('[[targets]]\nchannel = "chat"\nseconds = 9\n[[targets]]\nchannel = "fax"\n')
    refused = vigie("targets", "import", path)
    assert (refused.code, refused.out) == (2, "")
    assert "[[targets]] number 2: Object missing required field `seconds`" in refused.err
    assert vigie("targets", "list", "--format", "json").rows == told


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("set", "--channel", "phone", "--seconds", "-1"), "seconds of -1: write 0 to 2147483"),
        (("set", "--channel", "phone", "--seconds", "nan"), "seconds of nan"),
        (("set", "--channel", "phone", "--seconds", "9", "--goal", "80"), "write 0.8 for 80 %"),
        (("set", "--channel", "*", "--queue", "a", "--seconds", "9"), "needs its channel"),
        (("set", "--channel", "a\x00", "--seconds", "9"), "printable characters"),
        (("set", "--channel", "phone", "--seconds", "9", "--from", "soon"), "«soon» is no time"),
        (("set", "--channel", "p", "--seconds", "9", "--actor", ""), "the actor «''»"),
        (("apply", "--from", "2190-01-01"), "is yet to come"),
        (("apply", "--from", "2024-01-01", "--channel", "fax"), "no target of that channel"),
        (("formula", "best"), "no service-level formula «best»; there are: abandons_count_against"),
        (("import", "/nowhere.toml"), "cannot read /nowhere.toml"),
    ],
)
def test_wrong_use_is_one_line_and_exit_code_2(
    vigie: Vigie, words: tuple[str, ...], said: str
) -> None:
    answer = vigie("targets", *words)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert answer.err.count("\n") == 1


def test_a_contact_that_is_being_stored_gets_the_target_that_is_being_set(
    house: House, vigie: Vigie
) -> None:
    """It was counted under the old one and is not committed yet: the change waits for it."""
    book = TargetBook(house.database, house.store)
    now = datetime.now(UTC)
    counted, release, changed = threading.Event(), threading.Event(), threading.Event()

    def hold(*_words: object) -> None:
        counted.set()
        assert release.wait(30)

    def write() -> None:
        house.store.write(TEST, contact("c", now, wait_s=25), now=now, also=hold)

    def change() -> None:
        wanted = Wanted(channel="phone", seconds=30, valid_from=now - timedelta(minutes=1))
        book.set([wanted], Decision("test", "", now), recount=True)
        changed.set()

    threads = [threading.Thread(target=work) for work in (write, change)]
    threads[0].start()
    assert counted.wait(30)
    threads[1].start()
    waits = text("select exists (select from pg_locks where not granted)")
    with house.database.engine.connect() as connection:
        while not connection.scalar(waits) and not changed.wait(0.02):
            connection.rollback()
    release.set()
    for thread in threads:
        thread.join()
    with house.database.engine.connect() as connection:
        assert connection.scalar(text("select target_ms from contacts")) == 30_000
    require_verified(vigie)


def test_a_change_that_fails_leaves_everything_as_it_was(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = TargetBook(house.database, house.store)

    def fail(*_words: object) -> None:
        raise Conflict("in the middle")

    monkeypatch.setattr(type(house.store), "recount", fail)
    house.store.load(TEST, contact("c"), now=MONDAY)
    wanted = Wanted(channel="phone", seconds=1, valid_from=MONDAY - timedelta(days=1))
    with pytest.raises(Conflict):
        book.set([wanted], Decision("test", "", MONDAY), recount=True)
    with house.database.engine.connect() as connection:
        assert connection.scalar(text("select count(*) from service_level_versions")) == 1
        assert not connection.scalar(text("select count(*) from targets where target_ms = 1000"))


def test_a_decision_is_somebodys() -> None:
    with pytest.raises(WrongUse, match="the actor"):
        Decision("", "", MONDAY)
    with pytest.raises(WrongUse, match="on one line"):
        Decision("lea", "two\nlines", MONDAY)
