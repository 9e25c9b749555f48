"""One writer: who may change what, what is refused, and what is written down."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import psycopg
import pytest

from app.errors import Conflict, Forbidden, NotFound, WrongUse
from app.exposure.errors import GuardrailRefused, KeyReused, Stale
from app.exposure.model import ANY, Actor, Change, State, Switch
from app.exposure.modes import DEFAULT_MODES
from app.exposure.service import ExposureService
from ingest.database import Database
from tests.app.exposure.agreed import Agreed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ANA = Actor("user", "ana", ("viewer", "operator"))
BOB = Actor("user", "bob", ("viewer", "operator"))
EVE = Actor("user", "eve", ("viewer",))
HUMAN = [mode.channel for mode in DEFAULT_MODES if mode.human]


@pytest.fixture
def service(database: Database) -> Agreed:
    return Agreed(database)


def closing(channel: str = "phone", reason: str = "billing", **told: object) -> Change:
    given = {"state": State.CLOSED, "why": "too many calls", "expires_at": NOW + HOUR}
    return Change(channel=channel, reason=reason, **given | told)  # type: ignore[arg-type]


def count(database: Database, table: str) -> int:
    with database.connect() as connection:
        row = connection.execute(f"select count(*) from {table}").fetchone()
    assert row is not None
    return int(row[0])


def test_a_new_database_offers_what_the_hub_assumes_before_it_reads(
    service: ExposureService,
) -> None:
    exposure = service.read()
    assert exposure.modes == DEFAULT_MODES
    assert exposure.switches == ()
    assert exposure.revision == 0


def test_a_change_leaves_a_switch_and_one_entry_that_says_who_and_why(
    service: ExposureService,
) -> None:
    switch = service.set(closing(), ANA, NOW)
    assert service.list(NOW) == (switch,)
    assert switch.owner == "ana"
    (entry,) = service.history()
    assert (entry.actor_kind, entry.actor_name, entry.why) == ("user", "ana", "too many calls")
    assert entry.told()["before"] is None
    assert entry.seq == switch.version == service.read().revision


def test_the_same_change_again_writes_nothing(service: ExposureService, database: Database) -> None:
    first = service.set(closing(), ANA, NOW)
    again = service.set(closing(), BOB, NOW + HOUR / 2)
    assert again == first
    assert count(database, "exposure_audit") == 1


def test_a_switch_that_is_over_is_listed_no_more_without_anybody_doing_anything(
    service: ExposureService,
) -> None:
    service.set(closing(), ANA, NOW)
    assert service.list(NOW + HOUR) == ()
    assert len(service.read().switches) == 1


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"channel": "fax"}, "no channel «fax»; there are: \\* \\(any\\), phone, callback"),
        ({"reason": "weather"}, "no reason «weather»; .* billing, delivery"),
        ({"segment": "kings"}, "no segment «kings»; .* premium"),
        ({"surface": "moon"}, "no surface «moon»; .* client_area"),
        ({"share": 101}, "share 101 is not a percentage"),
        ({"share": -1}, "share -1 is not a percentage"),
        ({"why": " \n"}, "say why"),
        ({"why": "a\x00b"}, "why holds characters that cannot be printed"),
        ({"why": "\ud800"}, "why holds characters"),
        ({"message_fr": "x" * 501}, "message_fr has 501 characters: at most 500"),
        ({"expires_at": None}, "«closed» needs an expiry"),
        ({"expires_at": None, "state": State.TUCKED}, "«tucked» needs an expiry"),
        ({"expires_at": NOW}, "expiry 2026-11-22T12:00:00Z is past"),
        ({"expires_at": datetime(2026, 12, 1)}, "expires_at has no time zone"),  # noqa: DTZ001
        ({"expires_at": datetime.max.replace(tzinfo=UTC)}, "not between 2000 and 2100"),
        ({"starts_at": NOW + HOUR}, "the expiry is not after the start"),
    ],
)
def test_a_change_that_cannot_be_meant_is_refused_with_what_to_do(
    service: ExposureService, database: Database, told: dict[str, object], words: str
) -> None:
    given = {"channel": "phone", "reason": "billing"} | told
    with pytest.raises(WrongUse, match=words):
        service.set(closing(**given), ANA, NOW)  # type: ignore[arg-type]
    assert count(database, "exposure_switches") == count(database, "exposure_audit") == 0


def test_who_is_no_operator_changes_nothing(service: ExposureService, database: Database) -> None:
    switch = service.set(closing(), ANA, NOW)
    with pytest.raises(Forbidden, match="operator"):
        service.set(closing(state=State.OPEN), EVE, NOW)
    with pytest.raises(Forbidden, match="operator"):
        service.revert(switch.id, EVE, NOW)
    assert count(database, "exposure_audit") == 1


def test_nobody_changes_anything_without_a_name(service: ExposureService) -> None:
    with pytest.raises(WrongUse, match="name behind it"):
        service.set(closing(), Actor("user", "  ", ("operator",)), NOW)


def test_the_last_human_channel_stays_and_a_refusal_leaves_no_trace(
    service: ExposureService, database: Database
) -> None:
    for channel in HUMAN[:-1]:
        service.set(closing(channel), ANA, NOW)
    with pytest.raises(GuardrailRefused, match="reason billing") as error:
        service.set(closing(HUMAN[-1]), ANA, NOW, key="k")
    assert isinstance(error.value, Conflict)
    assert count(database, "exposure_audit") == len(HUMAN) - 1
    assert count(database, "exposure_requests") == 0
    service.set(closing(HUMAN[-1], reason="delivery"), ANA, NOW)


def test_a_seen_version_that_is_no_more_is_refused_with_the_current_one(
    service: ExposureService,
) -> None:
    first = service.set(closing(), ANA, NOW, expected_version=0)
    second = service.set(closing(state=State.OPEN), BOB, NOW, expected_version=first.version)
    for seen in (0, first.version, 99):
        with pytest.raises(Stale, match="somebody was faster") as error:
            service.set(closing(share=10), ANA, NOW, expected_version=seen)
        assert error.value.current == second.version
    with pytest.raises(Stale):
        service.revert(first.id, ANA, NOW, expected_version=first.version)


def test_a_switch_that_is_over_may_be_taken_for_none(service: ExposureService) -> None:
    first = service.set(closing(), ANA, NOW)
    later = NOW + 2 * HOUR
    change = closing(expires_at=later + HOUR)
    assert service.set(change, ANA, later, expected_version=0).id == first.id


def test_a_key_is_carried_out_once_and_answers_the_same_for_ever(
    service: ExposureService, database: Database
) -> None:
    first = service.set(closing(), ANA, NOW, key="k1")
    service.set(closing(state=State.OPEN), BOB, NOW)
    assert service.set(closing(), ANA, NOW + HOUR / 2, key="k1") == first
    assert service.list(NOW)[0].state is State.OPEN
    assert count(database, "exposure_audit") == 2


def test_a_key_remembers_also_what_changed_nothing(service: ExposureService) -> None:
    first = service.set(closing(), ANA, NOW)
    assert service.set(closing(), ANA, NOW, key="k") == first
    service.set(closing(state=State.OPEN), BOB, NOW)
    assert service.set(closing(), ANA, NOW, key="k") == first
    assert service.list(NOW)[0].state is State.OPEN


def test_a_key_with_other_content_or_from_somebody_else_is_refused(
    service: ExposureService,
) -> None:
    switch = service.set(closing(), ANA, NOW, key="k")
    with pytest.raises(KeyReused, match="take a new one"):
        service.set(closing(share=50), ANA, NOW, key="k")
    with pytest.raises(KeyReused):
        service.set(closing(), BOB, NOW, key="k")
    with pytest.raises(KeyReused):
        service.revert(switch.id, ANA, NOW, key="k")
    with pytest.raises(WrongUse, match="idempotency key"):
        service.set(closing(), ANA, NOW, key="\x00")


def test_a_reverted_revert_by_key_is_not_done_again(service: ExposureService) -> None:
    switch = service.set(closing(), ANA, NOW)
    assert service.revert(switch.id, ANA, NOW, key="r") is None
    assert service.revert(switch.id, ANA, NOW, key="r") is None
    assert service.list(NOW) == ()


def test_reverting_goes_back_to_the_state_before(service: Agreed) -> None:
    first = service.set(closing(share=10, message_en="Soon"), ANA, NOW)
    service.set(closing(share=50), ANA, NOW)
    back = service.revert(first.id, BOB, NOW, why="too much")
    assert back is not None
    assert (back.share, back.message_en, back.owner) == (10, "Soon", "ana")
    assert back.version > first.version
    (entry, *_rest) = service.history()
    assert (entry.action, entry.actor_name, entry.why) == ("revert", "bob", "too much")


def test_reverting_the_first_change_leaves_no_switch_and_twice_brings_it_back(
    service: Agreed,
) -> None:
    first = service.set(closing(), ANA, NOW)
    assert service.revert(first.id, ANA, NOW) is None
    assert service.list(NOW) == ()
    again = service.revert(first.id, ANA, NOW + HOUR / 6)
    assert again is not None
    assert (again.id, again.state) == (first.id, State.CLOSED)
    assert service.history()[0].why == "revert of change 2"


def test_a_new_switch_never_takes_an_old_id(service: ExposureService) -> None:
    first = service.set(closing(), ANA, NOW)
    service.revert(first.id, ANA, NOW)
    later = NOW + HOUR / 6
    assert service.set(closing(), ANA, later).id != first.id
    with pytest.raises(Conflict, match="has phone × billing"):
        service.revert(first.id, ANA, later)


def test_reverting_meets_the_same_guardrail(service: ExposureService) -> None:
    switch = service.set(closing(HUMAN[0]), ANA, NOW)
    service.revert(switch.id, ANA, NOW)
    for channel in HUMAN[1:]:
        service.set(closing(channel), ANA, NOW)
    with pytest.raises(GuardrailRefused, match="last human channel"):
        service.revert(switch.id, ANA, NOW + HOUR / 6)


def test_reverting_what_never_was_is_not_found(service: ExposureService) -> None:
    with pytest.raises(NotFound, match="no switch 7"):
        service.revert(7, ANA, NOW)


def test_history_comes_newest_first_page_by_page_and_of_one_switch(
    service: ExposureService,
) -> None:
    phone = service.set(closing(), ANA, NOW)
    for share in (10, 20, 30):
        service.set(closing("chat", share=share), ANA, NOW)
    assert [entry.seq for entry in service.history(limit=2)] == [4, 3]
    assert [entry.seq for entry in service.history(limit=2, before=3)] == [2, 1]
    assert [entry.seq for entry in service.history(phone.id)] == [1]


def outcomes(*works: Callable[[], Switch | None]) -> list[type]:
    """Run all at once; what each came to."""
    ready = Barrier(len(works))

    def run(work: Callable[[], Switch | None]) -> type:
        ready.wait(10)
        try:
            return type(work())
        except Conflict as error:
            return type(error)

    with ThreadPoolExecutor(len(works)) as pool:
        return sorted(pool.map(run, works), key=lambda kind: kind.__name__)


def test_of_two_operators_at_once_one_wins_and_the_other_is_told(
    service: ExposureService, database: Database
) -> None:
    seen = 0
    for share in range(1, 11):
        found = outcomes(
            lambda share=share, seen=seen: service.set(  # type: ignore[misc]
                closing(share=share), ANA, NOW, expected_version=seen
            ),
            lambda share=share, seen=seen: service.set(  # type: ignore[misc]
                closing(share=100 - share), BOB, NOW, expected_version=seen
            ),
        )
        assert found == [Stale, Switch]
        (switch,) = service.list(NOW)
        assert switch.version == share
        seen = switch.version
    assert count(database, "exposure_audit") == 10


def test_without_comparing_versions_the_same_race_would_lose_a_change(
    service: ExposureService, database: Database
) -> None:
    found = outcomes(
        lambda: service.set(closing(share=1), ANA, NOW),
        lambda: service.set(closing(share=2), BOB, NOW),
    )
    assert found == [Switch, Switch]
    assert count(database, "exposure_switches") == 1


def test_two_closings_at_once_never_close_the_last_two_channels(
    service: ExposureService,
) -> None:
    for channel in HUMAN[2:]:
        service.set(closing(channel), ANA, NOW)
    for number in range(5):
        now = NOW + number * HOUR / 6
        found = outcomes(
            lambda now=now: service.set(closing(HUMAN[0]), ANA, now),  # type: ignore[misc]
            lambda now=now: service.set(closing(HUMAN[1]), BOB, now),  # type: ignore[misc]
        )
        assert found == [GuardrailRefused, Switch]
        service.revert(service.history(limit=1)[0].switch_id, ANA, now)


def test_one_key_sent_many_times_at_once_is_carried_out_once(
    service: ExposureService, database: Database
) -> None:
    found = outcomes(*[lambda: service.set(closing(), ANA, NOW, key="k")] * 6)
    assert found == [Switch] * 6
    assert count(database, "exposure_audit") == count(database, "exposure_switches") == 1


def test_a_writer_that_hangs_makes_the_others_give_up_not_wait(
    service: ExposureService, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.exposure.desk.PATIENCE_MS", 100)
    with database.connect() as hanging:
        hanging.execute("lock table exposure_audit in share row exclusive mode")
        with pytest.raises(Conflict, match="another change is being written"):
            service.set(closing(), ANA, NOW)
        assert service.read().revision == 0


def test_listeners_hear_of_a_change_and_of_nothing_else(
    service: ExposureService, database: Database
) -> None:
    with database.connect(autocommit=True) as listener:
        listener.execute("listen vigie_exposure")
        service.set(closing(), ANA, NOW)
        (heard,) = listener.notifies(timeout=5, stop_after=1)
        assert heard.payload == ""
        service.set(closing(), ANA, NOW)
        with pytest.raises(WrongUse):
            service.set(closing(why=""), ANA, NOW)
        assert list(listener.notifies(timeout=0.2)) == []


@pytest.mark.parametrize(
    "columns",
    [
        {"state": "shut"},
        {"share": 101},
        {"why": ""},
        {"owner": ""},
        {"expires_at": None},
        {"expires_at": "infinity"},
        {"starts_at": NOW + 2 * HOUR},
        {"reason": ANY},
    ],
)
def test_the_database_itself_refuses_what_the_service_would(
    service: ExposureService, database: Database, columns: dict[str, object]
) -> None:
    service.set(closing(reason=ANY), ANA, NOW)
    row = {
        "id": 9, "channel": "phone", "reason": "billing", "segment": ANY, "surface": ANY,
        "state": "closed", "share": 100, "why": "x", "owner": "x", "starts_at": None,
        "expires_at": NOW + HOUR, "version": 1, "updated_at": NOW,
    } | columns  # fmt: skip
    names = ", ".join(row)
    values = ", ".join(f"%({name})s" for name in row)
    insert = f"insert into exposure_switches ({names}) values ({values})"
    with database.connect() as connection, pytest.raises(psycopg.IntegrityError):
        connection.execute(insert, row)


@pytest.mark.parametrize("seed", range(3))
def test_after_any_sequence_of_changes_the_switches_are_the_fold_of_the_audit(
    service: ExposureService, seed: int
) -> None:
    dice = random.Random(seed)
    done = refused = 0
    for step in range(40):
        now = NOW + step * timedelta(minutes=10)
        try:
            _any_step(service, dice, now)
            done += 1
        except Conflict:
            refused += 1
        except NotFound:
            refused += 1
    found = service.verify()
    assert found.problems == ()
    assert found.entries == service.read().revision
    assert done > 10
    assert found.entries > 5


def _any_step(service: ExposureService, dice: random.Random, now: datetime) -> None:
    if dice.random() < 0.3:
        service.revert(dice.randint(1, 6), BOB, now)
        return
    change = closing(
        dice.choice([ANY, *HUMAN[:2]]),
        dice.choice([ANY, "billing"]),
        state=dice.choice(list(State)),
        share=dice.choice([0, 50, 100]),
        expires_at=now + dice.randint(1, 5) * HOUR,
    )
    service.set(change, ANA, now)
