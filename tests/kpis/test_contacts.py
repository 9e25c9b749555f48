"""Drilling down: every number leads to exactly its contacts, whatever it was asked by."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import Connection, insert

from ingest.connector import Source
from ingest.connectors.simulator import Simulator as Connector
from ingest.database import Database
from ingest.events import Event, Identity
from kpis.catalogue import catalogue
from kpis.contact_page import disclosed, place_of, read_page, token
from kpis.contacts import MOST, Behind, behind, can_drill, narrowed
from kpis.cost_schema import costs
from kpis.dimensions import Value
from kpis.errors import WrongQuery
from kpis.kpi import Kpi, Number
from kpis.parts import DENOMINATOR, NUMERATOR, NoParts, parts_of
from kpis.query import KpiQuery
from kpis.reading import Reading
from kpis.series import KpiRow, compute
from kpis.service_level import DEFAULT, FORMULAS
from kpis.waits import bucket_of, percentile
from kpis.windows import RepeatWindow
from sample_data.simulator import Simulator
from tests.extent import extent
from tests.kpis.conftest import Write
from tests.kpis.linked import Linked
from tests.kpis.telling import MONDAY, contact

PARIS = ZoneInfo("Europe/Paris")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: A Monday 12:40 in Paris: many wait, much is not due yet.
NOW = datetime(2026, 3, 2, 11, 40, tzinfo=UTC)
SIMULATED = Source("centre", "simulator")
#: Not made of contacts, but of agents' states and of displays.
APART = {"occupancy", "concurrency", "display_rate"}
AROUND = {"from_": MONDAY - DAY, "to": MONDAY + DAY, "now": MONDAY + HOUR, "zone": PARIS}


@pytest.fixture(scope="module")
def centre(shared_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Database:
    """A day and more of every channel up to NOW, linked, with prices."""
    feed = tmp_path_factory.mktemp("centre") / "feed.jsonl"
    linked = Linked(shared_database)
    records = Simulator(11, NOW - 30 * HOUR).history(NOW)
    feed.write_bytes(b"".join(msgspec.json.encode(record) + b"\n" for record in records))
    linked.load(SIMULATED, Connector().read(feed, SIMULATED), NOW)
    ago = timedelta(seconds=90)
    linked.load(
        Source("more", "simulator"),
        [
            *contact("waits", NOW - ago, None),
            *contact("late", NOW - 3 * ago, None, queue="sales"),
            *contact("moved", NOW - 5 * ago, "deflected", 5),
            *contact("bot", NOW - 5 * ago, "contained", 60, channel="chatbot", arrives="queued"),
            *contact("left", NOW - 5 * ago, "abandoned", 9, channel="chatbot", arrives="queued"),
            *promised("called back", NOW - HOUR),
        ],
        NOW,
    )
    with shared_database.engine.begin() as connection:
        connection.execute(
            insert(costs),
            [
                {"channel": channel, "source": "*", "valid_from": datetime(2025, 1, 1, tzinfo=UTC),
                 "contact_micros": 500_000, "minute_micros": 600_000, "currency": "EUR",
                 "decided_at": NOW, "decided_by": "test"}
                for channel in ("phone", "email")
            ],
        )  # fmt: skip
    return shared_database


def promised(name: str, at: datetime) -> list[Event]:
    """A callback that was made in its slot."""
    asked, *rest = contact(name, at, wait_s=60, channel="callback", arrives="offered")
    return [msgspec.structs.replace(asked, attributes={"promised_at": at.isoformat()}), *rest]


def asked(**words: object) -> KpiQuery:
    days = {"from_": NOW.replace(hour=0, minute=0) - 2 * DAY, "to": NOW + DAY, "now": NOW}
    window = RepeatWindow(1)
    return KpiQuery(**{**days, "zone": PARIS, "repeats": window, **words})  # type: ignore[arg-type]


QUESTIONS = {
    "all": asked(),
    "by channel and queue": asked(by=("channel", "queue")),
    "by hour of the local day": asked(by=("hour",), where={"channel": "phone"}),
    "by reason, from the contacts": asked(by=("reason", "segment")),
    "day by day": asked(by=("channel",), grain="day"),
    "an odd stretch": asked(
        from_=NOW - HOUR - timedelta(minutes=7, seconds=13), to=NOW - timedelta(seconds=11)
    ),
    "another target": asked(by=("channel",), target_s=37),
    "another repeat": asked(by=("channel",), repeats=RepeatWindow(1, True, True)),
    "another formula": asked(service_level_formula="removed_within_target"),
}


def of_row(query: KpiQuery, by: Mapping[str, Value], start: datetime) -> KpiQuery:
    cells = {name: "" if value is None else str(value) for name, value in by.items()}
    return narrowed(query, cells, start)


def number(connection: Connection, query: KpiQuery, kpi: Kpi) -> Number | None:
    """The KPI worked out of nothing but the contacts that are listed behind it."""
    made = parts_of(kpi, query.service_level_formula)
    parts = {part: behind(query, kpi.key, part).totals(connection) for part in made.sums}
    many, above = parts[NUMERATOR]
    if kpi.unit == "count":
        assert many == above
        return many
    # Without contacts a sum of money is no value either.
    below = parts.get(DENOMINATOR, (many, int(many > 0)))[1]
    return round(above * made.scale / below, 6) if below else None


def drawn(connection: Connection, query: KpiQuery, kpi: Kpi) -> Number | None:
    """An age or a percentile, worked out of the contacts that are listed behind it."""
    found = behind(query, kpi.key).page(connection, 1_000_000)
    if not found:
        return None
    if kpi.key in ("longest_wait_s", "oldest_s"):
        return round((NOW - min(each.place[0] for each in found)).total_seconds(), 6)
    share = {"wait_p50_s": 0.5, "wait_p90_s": 0.9}[kpi.key]
    shown = lines(connection, behind(query, kpi.key))
    waits = Counter(bucket_of(round(float(str(line["wait_s"])) * 1000)) for line in shown)
    return percentile(waits, share)


def lines(connection: Connection, found: Behind) -> list[dict[str, object]]:
    """Every contact as it is shown, page by page."""
    shown, place = [], None
    while True:
        page = read_page(connection, found, MOST, place)
        shown += [line.flat() for line in page.contacts]
        if page.next is None:
            return shown
        _, place = place_of(page.next)


def some(rows: list[KpiRow]) -> list[KpiRow]:
    """A few of the rows, always the same."""
    return random.Random(1).sample(rows, min(extent(1, 3), len(rows)))


def longest(rows: list[KpiRow]) -> KpiRow:
    """Where half of the callers waited longest: nothing is 0 there."""
    return max(rows, key=lambda row: row.kpis["wait_p50_s"] or 0)


def test_every_number_of_the_catalogue_is_made_of_exactly_its_contacts(centre: Database) -> None:
    drilled = [kpi for kpi in catalogue().values() if kpi.key not in APART]
    seen: set[str] = set()
    with centre.engine.connect() as connection:
        for name, query in QUESTIONS.items():
            rows = compute(connection, query)
            for row in [*some(rows), *([longest(rows)] if name == "day by day" else [])]:
                one = of_row(query, row.by, row.start)
                for kpi in drilled:
                    value = row.kpis[kpi.key]
                    made = parts_of(kpi, one.service_level_formula)
                    work = drawn if made.drawn else number
                    assert work(connection, one, kpi) == value, (name, row.by, kpi.key)
                    seen |= {kpi.key} if value else set()
    assert seen == {kpi.key for kpi in drilled}


def test_the_pages_list_each_contact_once_and_add_up_to_the_totals(centre: Database) -> None:
    with centre.engine.connect() as connection:
        for kpi in catalogue().values():
            if kpi.key in APART:
                continue
            for part in parts_of(kpi, DEFAULT).sums:
                found = behind(asked(), kpi.key, part)
                listed = found.page(connection, 1_000_000)
                assert (len(listed), sum(each.adds for each in listed)) == found.totals(connection)
                assert len({each.key for each in listed}) == len(listed)
                assert all(each.adds for each in listed)
                assert listed == sorted(listed, key=lambda each: each.place)


def test_no_contact_is_behind_what_agents_and_displays_make() -> None:
    assert {kpi.key for kpi in catalogue().values() if not can_drill(kpi)} == APART
    with pytest.raises(NoParts, match="occupancy is not made of contacts"):
        behind(asked(), "occupancy")


@pytest.mark.parametrize("formula", FORMULAS)
def test_each_service_level_has_its_own_contacts_above_and_below_the_line(
    database: Database, write: Write, formula: str
) -> None:
    write(
        [
            *contact("soon", wait_s=5),
            *contact("late", wait_s=50),
            *contact("short", left="abandoned", wait_s=3),
            *contact("within", left="abandoned", wait_s=15),
            *contact("beyond", left="abandoned", wait_s=40),
            *contact("out", left="flowed_out", wait_s=10),
            *contact("moved", left="deflected", wait_s=10),
            *contact("waits", MONDAY + HOUR - timedelta(seconds=30), None),
            *contact("new", MONDAY + HOUR - timedelta(seconds=10), None),
        ]
    )
    query = KpiQuery(**AROUND, service_level_formula=formula)  # type: ignore[arg-type]
    above, below = EXPECTED[formula]
    assert names(database, query, "service_level") == above
    # Who waits although the target has expired is below every line.
    assert names(database, query, "service_level", DENOMINATOR) == below | {"waits"}


ALL = {"soon", "late", "short", "within", "beyond"}
EXPECTED = {
    "abandons_count_against": ({"soon"}, ALL),
    "abandons_within_target_ignored": ({"soon"}, ALL - {"short", "within"}),
    "abandons_within_target_positive": ({"soon", "short", "within"}, ALL),
    "answered_only": ({"soon"}, {"soon", "late"}),
    "short_abandons_excluded": ({"soon"}, ALL - {"short"}),
    "short_abandons_positive": ({"soon", "short"}, ALL),
    "flow_outs_count_against": ({"soon"}, ALL | {"out"}),
    "removed_within_target": ({"soon", "short", "within", "out"}, ALL | {"out"}),
}


def names(database: Database, query: KpiQuery, kpi: str, part: str = NUMERATOR) -> set[str | None]:
    """What their source calls the contacts behind a number."""
    with database.engine.connect() as connection:
        return {line.contact_id for line in read_page(connection, behind(query, kpi, part), MOST)
                .contacts}  # fmt: skip


def test_what_the_formulas_count_and_who_waits_can_be_asked_for_too(
    database: Database, write: Write
) -> None:
    now = MONDAY + HOUR
    write(
        [
            *contact("quick", wait_s=5),
            *contact("waits", now - timedelta(seconds=30), None),
            *contact("ghost", now - 5 * HOUR, None),
            *contact("mail", channel="email", left=None),
        ]
    )
    query = KpiQuery(**AROUND)  # type: ignore[arg-type]
    assert names(database, query, "answered_in_target") == {"quick"}
    assert names(database, query, "waiting") == {"waits"}
    assert names(database, query, "longest_wait_s") == {"waits"}
    assert names(database, query, "still_open") == {"waits", "ghost", "mail"}
    assert names(database, query, "backlog") == {"mail"}
    assert names(database, query, "not_due") == {"mail"}


def test_who_comes_meanwhile_moves_nobody_from_one_page_to_another(
    database: Database, write: Write
) -> None:
    minutes = [MONDAY + timedelta(minutes=number // 3) for number in range(10)]
    write([e for n, at in enumerate(minutes) for e in contact(f"c{n}", at)])
    found = behind(KpiQuery(**AROUND), "answered")  # type: ignore[arg-type]
    seen: list[str | None] = []
    place = None
    for number in range(4):
        with database.engine.connect() as connection:
            page = read_page(connection, found, 3, place)
        seen += [line.contact_id for line in page.contacts]
        write(contact(f"before{number}", MONDAY - HOUR))
        _, place = place_of(page.next) if page.next else (None, None)
    assert sorted(map(str, seen)) == [f"c{number}" for number in range(10)]
    assert place is None


def test_a_page_tells_who_it_was_masked_and_who_came_before_and_after(
    database: Database,
) -> None:
    linked, source = Linked(database), Source("line", "whatsapp-cloud")
    number = Identity("phone", "+33612345678")
    told = [
        msgspec.structs.replace(event, contact_id=f"100:{number.value}", identities=(number,))
        for event in contact("call", wait_s=30)
    ]
    again = [
        msgspec.structs.replace(event, identities=(number,))
        for event in contact("mail", MONDAY + HOUR, channel="email", left=None)
    ]
    linked.load(source, [*told, *again], MONDAY + DAY)
    with database.engine.connect() as connection:
        query = KpiQuery(**{**AROUND, "now": MONDAY + DAY})  # type: ignore[arg-type]
        [first, second] = read_page(connection, behind(query), 10).contacts
    assert "12345" not in str(msgspec.to_builtins([first, second]))
    assert (first.contact_id, first.identities) == ("100:+33•••78", ["+33•••78"])
    assert (first.wait_s, first.target_s, first.outcome) == (30.0, 20.0, "answered")
    assert first.arrived_at.isoformat() == "2024-03-04T10:00:00+01:00"
    assert first.customer == second.customer is not None
    assert (first.next_contact, first.next_channel, first.next_gap_s) == (
        second.contact, "email", 3600.0,
    )  # fmt: skip
    assert (second.previous_contact, second.previous_gap_s) == (first.contact, 3600.0)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("1588686344.2451", "1588686344.2451"),
        ("4711", "4711"),
        ("100:+33612345678", "100:+33•••78"),
        ("MG1:whatsapp:+14155238886", "MG1:whatsapp:+14•••86"),
        ("jean.dupont@example.org", "j•••@example.org"),
        ("chat-5550123456", "chat-55•••56"),
    ],
)
def test_an_identifier_of_the_source_shows_neither_number_nor_address(
    told: str, shown: str
) -> None:
    assert disclosed(told) == shown


def test_a_place_is_told_and_read_to_the_microsecond() -> None:
    place = (MONDAY + timedelta(microseconds=1), -(2**63) + 5, 3)
    assert place_of(token(NOW, place)) == (NOW, place)


@pytest.mark.parametrize("words", ["", "x", "1.2.3", "1.2.3.zz", "1.2.ffffffffffffffff.1",
                                   "1.2.3.fffffffff", "f" * 40 + ".1.1.1"])  # fmt: skip
def test_what_is_no_place_is_refused(words: str) -> None:
    with pytest.raises(WrongQuery, match="is no place to go on from"):
        place_of(words)


def test_a_row_is_named_by_its_cells_and_a_moment_of_its_interval() -> None:
    query = asked(by=("channel",), grain="hour", where={"queue": "billing"})
    one = narrowed(query, {"channel": "phone"}, NOW)
    assert (one.from_, one.to) == (NOW.replace(minute=0), NOW.replace(minute=0) + HOUR)
    assert one.where == {"queue": "billing", "channel": "phone"}
    with pytest.raises(WrongQuery, match="queue cannot be both billing and sales"):
        narrowed(query, {"queue": "sales"}, None)
    with pytest.raises(WrongQuery, match="lies in no interval"):
        narrowed(query, {}, NOW + 30 * DAY)


@pytest.mark.parametrize(
    "value",
    [
        lambda r: max(0, r["offered"] - r["answered"]),
        lambda r: r["offered"] + 1,
        lambda r: r.ratio(r["answered"], r["offered"]) + r.ratio(r["abandoned"], r["offered"]),
        lambda r: 2 - r.ratio(r["answered"], r["offered"]),
        lambda r: 1.0,
    ],
)
def test_a_formula_that_no_contacts_stand_for_is_refused_not_guessed(
    value: Callable[[Reading], Number | None],
) -> None:
    with pytest.raises(NoParts):
        parts_of(replace(catalogue()["offered"], value=value), DEFAULT)


@pytest.mark.parametrize(
    ("value", "sums", "scale"),
    [
        (lambda r: 1 - r.ratio(r["answered"], r["offered"]),
         {NUMERATOR: {"offered": 1, "answered": -1}, DENOMINATOR: {"offered": 1}}, 1.0),
        (lambda r: r.mean_s("handle_ms", "handled"),
         {NUMERATOR: {"handle_ms": 1}, DENOMINATOR: {"handled": 1}}, 0.001),
        (lambda r: sum((r["answered"], r["abandoned"])),
         {NUMERATOR: {"answered": 1, "abandoned": 1}}, 1.0),
        (lambda r: r["offered"] - r["offered"] + r["answered"],
         {NUMERATOR: {"answered": 1}}, 1.0),
    ],
)  # fmt: skip
def test_a_new_formula_drills_down_by_itself(
    value: Callable[[Reading], Number | None], sums: object, scale: float
) -> None:
    parts = parts_of(replace(catalogue()["offered"], value=value), DEFAULT)
    assert (parts.sums, parts.scale) == (sums, scale)
