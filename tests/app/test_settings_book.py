"""The settings' parts: every one alike, versions of every change, nobody overwritten unawares."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app import context, i18n, labels
from app.access.scopes import Scope
from app.bootstrap import House
from app.components.browser_words import browser_words
from app.decision import Decision
from app.errors import Forbidden, WrongUse
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from app.site import own_names
from app.site.changing import change, foresee, seen_now
from app.site.discovery import part_named, parts
from app.site.errors import ChangedMeanwhile, Refused
from app.site.history import versions
from app.site.names import NameBook, Word, read_channels, read_words
from app.site.part import Asked, Foreseen, Part, Standing, Values, Version
from ingest.connector import Source
from ingest.events import Event
from tests.kpis.telling import contact

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
MONA = Actor("user", "mona", ("manager",))
MARC = Actor("user", "marc", ("manager",))
OTTO = Actor("user", "otto", ("operator",))
#: What changes something in each part, without asking for the past.
WANTED: dict[str, dict[str, str]] = {
    "channels": {"key": "phone", "label_fr": "Le fil", "label_en": "The wire"},
    "reasons": {"key": "billing", "label_fr": "Factures", "label_en": "Bills"},
    "segments": {"key": "vip", "label_fr": "Comptes clés", "label_en": "Key accounts"},
    "surfaces": {"key": "kiosk", "label_fr": "Borne", "label_en": "Kiosk"},
    "targets": {"channel": "phone", "seconds": "30", "goal": "90"},
    "formula": {"formula": "answered_only"},
    "hours": {"channel": "phone", "hours": "24/7"},
    "days": {"day": "2026-12-24", "hours": "09:00-12:00", "channel": "chat"},
    "costs": {"channel": "phone", "per_contact": "0,35", "per_minute": "0.5"},
    "guardrails": {"name": "dwell_s", "value": "120"},
}
WHYS = ("agreed", "the same again")
#: Whose changes wait for a second person, so that nothing stands at once.
TWO_PEOPLE = ("guardrails",)
#: Whose book keeps what is said again, too.
ADDED = ("hours", "days")


def put(
    house: House, key: str, values: Values, *, actor: Actor = MONA, why: str = "agreed",
    seen: int | None = None, at: datetime = NOW,
) -> str:  # fmt: skip
    return change(house, part_named(key), values, actor, Decision(actor.name, why, at), seen)


def standing(house: House, key: str, now: datetime = NOW) -> list[Standing]:
    with house.database.engine.connect() as connection:
        return list(part_named(key).standing(Asked(house, connection, now)))


def past(house: House, key: str) -> list[Version]:
    """What was decided here; not what the house was built with."""
    with house.database.engine.connect() as connection:
        return [one for one in versions(connection, part_named(key)) if one.why in WHYS]


def foreseen(house: House, key: str, values: Values) -> Foreseen:
    found = foresee(house, part_named(key), values, MONA, Decision("mona", "", NOW))
    assert found is not None
    return found


def load(house: House, *events: Event) -> None:
    house.store.load(Source("test", "simulator"), list(events), now=NOW)


def test_every_part_has_a_change_here() -> None:
    assert {part.key for part in parts()} == set(WANTED)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_change_stands_with_who_and_why_and_its_version_says_before_and_after(
    house: House, language: str
) -> None:
    for part in parts():
        stands_and_is_told(house, part, language)


def stands_and_is_told(house: House, part: Part, language: str) -> None:
    with i18n.speaking(language):
        put(house, part.key, WANTED[part.key])
        if part.key in TWO_PEOPLE:
            (pending,) = ExposureService(house.database).pending(NOW)
            ExposureService(house.database).approve(pending.id, MARC, NOW)
        rows = standing(house, part.key, NOW + timedelta(minutes=20))
        mine = [row for row in rows if row.why == "agreed"]
        assert mine
        assert len(mine[0].cells) == len(part.columns)
        assert set(mine[0].values) <= {field.name for field in part.fields}
        (version,) = past(house, part.key)
        told = part.told(version, house.settings.tz)
        assert told.thing
        assert told.after not in ("", told.before)


def test_what_stands_fills_the_form_that_changes_nothing(house: House) -> None:
    for key, wanted in WANTED.items():
        put(house, key, wanted)
        for row in standing(house, key)[:3]:
            told = {name: value for name, value in row.values.items() if value}
            before = len(past(house, key))
            put(house, key, told, why="the same again")
            assert len(past(house, key)) - before == (key in ADDED), key


def test_nobody_changes_anything_without_the_right_or_a_reason(house: House) -> None:
    for key, wanted in WANTED.items():
        with pytest.raises(Forbidden):
            put(house, key, wanted, actor=Actor("user", "vera", ("viewer",)))
        with pytest.raises(Refused, match="why"):
            put(house, key, wanted, why="  ")
        with pytest.raises(Refused, match="there are"):
            put(house, key, {**wanted, "colour": "red"})
        assert past(house, key) == []


def test_who_was_not_looking_is_told_that_somebody_was_faster(house: House) -> None:
    put(house, "reasons", WANTED["reasons"], seen=0)
    with pytest.raises(ChangedMeanwhile, match="mona changed this at"):
        put(house, "reasons", {**WANTED["reasons"], "label_en": "Dunning"}, actor=MARC, seen=0)
    put(house, "reasons", {**WANTED["reasons"], "label_en": "Dunning"}, actor=MARC, seen=1)
    put(house, "reasons", {"key": "delivery", "label_fr": "L", "label_en": "D"}, seen=0)
    with house.database.engine.connect() as connection:
        assert seen_now(connection, part_named("reasons")) == {"billing": 2, "delivery": 1}


def test_of_many_at_once_one_is_kept_and_the_others_are_told(house: House) -> None:
    done: list[str] = []
    with house.database.engine.connect() as connection:
        seen = seen_now(connection, part_named("targets"))["targets"]

    def one(name: str) -> None:
        values = {"channel": "phone", "seconds": str(20 + len(name)), "goal": "80"}
        try:
            put(house, "targets", values, actor=Actor("user", name, ("manager",)), seen=seen)
            done.append(name)
        except ChangedMeanwhile:
            pass

    threads = [threading.Thread(target=one, args=("x" * n,)) for n in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 1
    (version,) = past(house, "targets")
    assert version.who == done[0]


# --- names --------------------------------------------------------------------------------


def test_a_name_is_shown_wherever_the_word_is_and_without_one_the_house_speaks(
    house: House,
) -> None:
    token = context.enter(house)
    try:
        with i18n.speaking("fr"):
            assert labels.channel("phone") == "Téléphone"
            put(house, "channels", WANTED["channels"])
            put(house, "reasons", WANTED["reasons"])
            assert (labels.channel("phone"), labels.channel("chat")) == ("Le fil", "Chat")
            assert browser_words()["channels"]["phone"] == "Le fil"  # type: ignore[index]
        with i18n.speaking("en"):
            assert (labels.channel("phone"), labels.reason("billing")) == ("The wire", "Bills")
    finally:
        context.leave(token)
    (mode, *_rest) = ExposureService(house.database).read().modes
    assert (mode.channel, mode.label_fr) == ("phone", "Le fil")


def test_a_channel_leaves_the_offers_only_while_it_is_closed_for_everybody(house: House) -> None:
    service = ExposureService(house.database)
    off = {**WANTED["channels"], "shown": "no"}
    for words in (off, {**WANTED["channels"], "human": "no"}):
        with pytest.raises(Refused, match="Close it for everybody first"):
            put(house, "channels", words)
    soon = NOW + timedelta(hours=1)
    closing = Change(channel="phone", state=State.CLOSED, why="moving", expires_at=soon)
    pending = service.propose(closing, OTTO, NOW)
    service.approve(pending.id, MARC, NOW)
    put(house, "channels", off)
    assert "phone" not in {mode.channel for mode in service.read().modes}
    put(house, "channels", {**WANTED["channels"], "shown": "yes"})
    assert "phone" in {mode.channel for mode in service.read().modes}


def test_the_modality_of_contacts_that_have_come_stays(house: House) -> None:
    load(house, *contact("c1", wait_s=10))
    with pytest.raises(Refused, match="that stays"):
        put(house, "channels", {"key": "phone", "label_fr": "T", "label_en": "P",
                                "modality": "async"})  # fmt: skip
    put(house, "channels", {"key": "kiosk", "label_fr": "Borne", "label_en": "Kiosk",
                            "modality": "async", "family": "in person"})  # fmt: skip
    with house.database.engine.connect() as connection:
        kiosk = read_channels(connection)["kiosk"]
    assert (kiosk.modality, kiosk.family, kiosk.shown, kiosk.human) == (
        "async", "in person", False, True,
    )  # fmt: skip


def test_a_retired_word_is_known_and_offered_no_more_and_nothing_in_use_is_retired(
    house: House,
) -> None:
    service = ExposureService(house.database)
    retired = {"key": "technical", "label_fr": "Technique", "label_en": "Technical",
               "retired": "2026-11-01T00:00"}  # fmt: skip
    tuck = Change(channel="chat", reason="technical", state=State.TUCKED, why="busy",
                  expires_at=NOW + timedelta(hours=1))  # fmt: skip
    switch = service.set(tuck, OTTO, NOW)
    with pytest.raises(Refused, match="1 switches name «technical»"):
        put(house, "reasons", retired)
    service.revert(switch.id, OTTO, NOW)
    put(house, "reasons", retired)
    known = {word.word: word.retired for word in service.read().words if word.kind == "reason"}
    assert known["technical"]
    assert not known["billing"]
    with pytest.raises(Refused, match="protected reason"):
        put(house, "reasons", {**retired, "key": "complaint"})


def test_a_word_that_is_to_be_retired_is_in_use_until_then(house: House) -> None:
    soon = datetime.now(UTC) + timedelta(days=2)
    wanted = Word(label_fr="L", label_en="D", retired_at=soon)
    NameBook(house.database).set_word("reasons", "delivery", wanted, Decision("mona", "x", NOW))
    words = {word.word: word for word in ExposureService(house.database).read().words}
    assert not words["delivery"].retired
    with house.database.engine.connect() as connection:
        assert read_words(connection, "reasons")["delivery"] == wanted


def test_a_name_may_be_typed_with_the_spaces_of_french(house: House) -> None:
    put(house, "segments", {"key": "online_only", "label_fr": "100\u202f% web", "label_en": "Web"})
    with house.database.engine.connect() as connection:
        assert read_words(connection, "segments")["online_only"].label_fr == "100 % web"


def test_versions_can_only_be_added(house: House) -> None:
    put(house, "reasons", WANTED["reasons"])
    put(house, "reasons", {**WANTED["reasons"], "label_en": "Invoices"}, actor=MARC)
    with house.database.engine.connect() as connection:
        rows = connection.execute(text("select version, by, before, after from setting_versions "
                                       "order by version")).all()  # fmt: skip
    assert [(row.version, row.by) for row in rows] == [(1, "mona"), (2, "marc")]
    assert rows[1].before == rows[0].after


def test_a_report_names_things_as_the_site_does(house: House) -> None:
    put(house, "channels", WANTED["channels"])
    with house.database.engine.connect() as connection, i18n.speaking("fr"):
        with own_names.named(connection):
            assert labels.channel("phone") == "Le fil"
        assert labels.channel("phone") == "Téléphone"


def test_whoever_is_limited_to_a_channel_sets_that_one_alone(house: House) -> None:
    nora = Actor("user", "nora", ("manager",), within=Scope(channels=("chat",)))
    for key in ("reasons", "guardrails", "targets"):
        with pytest.raises(Forbidden):
            put(house, key, WANTED[key], actor=nora)
    put(house, "targets", {**WANTED["targets"], "channel": "chat"}, actor=nora)


# --- what would follow --------------------------------------------------------------------


def test_a_target_shows_the_old_and_the_new_number_before_it_is_kept(house: House) -> None:
    for name, wait_s in {"a": 10, "b": 25, "c": 25, "d": 40}.items():
        load(house, *contact(name, wait_s=wait_s, at=NOW - timedelta(hours=2)))
    found = foreseen(house, "targets", {"channel": "phone", "seconds": "30", "goal": "80"})
    ((_channel, offered, before, after),) = found.rows
    assert (offered, before, after) == (4, 0.25, 0.75)
    assert "1 channels would show another" in found.words
    assert past(house, "targets") == []


def test_hours_say_whether_a_second_person_is_needed_and_then_wait_for_one(house: House) -> None:
    shorter = {"channel": "phone", "hours": "mon-fri 10:00-12:00"}
    found = foreseen(house, "hours", shorter)
    assert "a second person has to approve it" in found.words
    assert [row[2] for row in found.rows if row[0] == "2026-11-23"] == ["10:00–12:00"]
    done = put(house, "hours", shorter)
    assert "second person" in done
    assert standing(house, "hours") == []
    (pending,) = ExposureService(house.database).pending(NOW)
    ExposureService(house.database).approve(pending.id, MARC, NOW)
    assert standing(house, "hours")[0].cells[3] == "mon-fri 10:00-12:00"


def test_a_price_shows_what_the_week_would_have_cost_and_leaves_no_trace(house: House) -> None:
    load(house, *contact("a", wait_s=5, at=NOW - timedelta(hours=2)))
    found = foreseen(house, "costs", {"channel": "phone", "per_contact": "2"})
    assert [row[2] for row in found.rows] == [2.0, 2.0]
    assert standing(house, "costs") == []


BAD: tuple[tuple[str, dict[str, str], str], ...] = (
    ("channels", {"key": "x"}, "Name in French: write 1 to"),
    ("channels", {"key": "x", "label_fr": "a", "label_en": "b", "modality": "slow"},
     "Modality: choose one of sync"),
    ("reasons", {"key": "a\x00b", "label_fr": "a", "label_en": "b"}, "printable"),
    ("channels", {"key": "x", "label_fr": "a", "label_en": "b", "family": "\ud800"}, "printable"),
    ("reasons", {"key": "*", "label_fr": "a", "label_en": "b"}, "Name it with 1 to 64"),
    ("reasons", {"key": "x", "label_fr": "a", "label_en": "b", "retired": "soon"},
     "write a day or time such as"),
    ("targets", {"channel": "phone", "seconds": "fast"}, "write a number from 0"),
    ("targets", {"channel": "phone", "seconds": "20", "goal": "800"}, "a number from 1 to 100"),
    ("formula", {"formula": "best"}, "choose one of abandons_count_against"),
    ("hours", {"hours": "always"}, "write mon-fri 08:00-18:00"),
    ("hours", {"hours": "24/7", "country": "XX"}, "No public holidays of «XX»"),
    ("days", {"hours": "closed"}, "Say which day it is"),
    ("costs", {"channel": "phone", "per_contact": "-1"}, "write a number from 0 to 1000"),
    ("costs", {"channel": "phone", "currency": "euro"}, "write its three letters"),
    ("costs", {"channel": "phone", "from": "2020-01-01T08:00"}, "already cost"),
    ("costs", {"channel": "phone", "from": "2030-01-01T08:07"}, "full quarter hour"),
    ("guardrails", {"name": "dwell_s", "value": "long"}, "write a number"),
)  # fmt: skip


def test_bad_input_is_refused_with_words_that_say_what_to_do(house: House) -> None:
    for part, values, says in BAD:
        with pytest.raises(WrongUse) as refused:
            put(house, part, values)
        assert says in str(refused.value)
        assert past(house, part) == []
