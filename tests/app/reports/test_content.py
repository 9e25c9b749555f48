"""What reports say: the days that are odd, the numbers that must close, what was switched."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.bootstrap import House
from app.errors import WrongUse
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from app.reports.discovery import kinds
from app.reports.gaps import Gap, silences
from app.reports.ticks import ticks
from app.reports.writer import last_news, period_of
from kpis.catalogue import catalogue
from kpis.intervals import instant
from kpis.snapshot import snapshot
from tests.app.reports.telling import (
    LATER,
    PARIS,
    TUESDAY,
    hours,
    report,
    rows,
    section,
    table,
    tell,
)


@pytest.mark.parametrize(
    ("day", "quarters", "words"),
    [
        (date(2024, 3, 31), 92, "The clocks went forward: this period is 1 h shorter."),
        (date(2024, 10, 27), 100, "The clocks went back: this period is 1 h longer."),
        (date(2024, 11, 5), 96, ""),
    ],
)
def test_a_day_has_as_many_quarters_as_the_clock_of_the_site_gives_it(
    house: House, day: date, quarters: int, words: str
) -> None:
    tell(house, hours(day, 1, 4))
    content = report(house, day, as_of=datetime(2025, 1, 1, tzinfo=UTC))
    fine, coarse = rows(table(content, "by_15min")), rows(table(content, "by_hour"))
    assert (len(fine), len(coarse)) == (quarters, quarters // 4)
    assert section(content, "course").note == words
    starts = [row["from"] for row in fine]
    assert len({start.astimezone(UTC) for start in starts}) == quarters  # type: ignore[attr-defined]
    total = section(content, "summary").figures[0].value
    assert sum(int(str(row["offered"])) for row in fine) == total


def test_a_day_on_which_nothing_came_says_so_and_gives_no_rate(house: House) -> None:
    content = report(house)
    summary = section(content, "summary")
    assert [one.words for one in summary.findings] == ["No contact arrived in this period."]
    assert {one.key: one.value for one in summary.figures} == {"offered": 0, "deflected": 0}
    assert table(content, "channels").rows == ()
    assert {row["answer_rate"] for row in rows(table(content, "by_hour"))} == {None}
    assert "It holds." in section(content, "identity").note


def test_a_channel_that_opened_at_noon_begins_at_noon(house: House) -> None:
    tell(house, [*hours(TUESDAY, 8, 18), *hours(TUESDAY, 12, 18, "chat")])
    content = report(house)
    chats = [r for r in rows(table(content, "channels_by_hour")) if r["channel"] == "chat"]
    assert [row["from"].hour for row in chats] == list(range(12, 18))  # type: ignore[attr-defined]
    assert {row["offered"] for row in chats} == {6}
    [_phone, chat] = rows(table(content, "channels"))
    assert (chat["channel"], chat["offered"]) == ("chat", 36)


def test_what_was_offered_is_somewhere_channel_by_channel(house: House) -> None:
    tell(house, [*hours(TUESDAY, 8, 18), *hours(TUESDAY, 9, 11, "email")])
    found = rows(table(report(house), "identity"))
    parts = ("answered", "abandoned", "flowed_out", "deflected", "still_open")
    assert [row["channel"] for row in found] == ["phone", "email"]
    for row in found:
        assert row["offered"] == sum(int(str(row[key])) for key in parts)
        assert row["difference"] == 0


def test_every_kpi_of_the_catalogue_is_in_the_tables_and_explained(house: House) -> None:
    tell(house, hours(TUESDAY, 8, 10))
    content = report(house)
    assert set(catalogue()) <= {column.key for column in table(content, "channels").columns}
    explained = {row["key"] for t in ("kpis", "more_kpis") for row in rows(table(content, t))}
    assert explained == set(catalogue())


def test_headlines_stand_beside_the_day_before_and_the_same_weekday(house: House) -> None:
    for day, last in ((TUESDAY, 18), (TUESDAY - timedelta(days=1), 13)):
        tell(house, hours(day, 8, last))
    offered, rate, *_rest = section(report(house), "summary").figures
    assert [(one.label, one.value, one.change) for one in offered.against] == [
        ("the day before", 30, "+100.0%"), ("the same weekday", 0, "–"),
    ]  # fmt: skip
    assert (rate.key, rate.state, rate.target_words) == ("answer_rate", "near", "target 90%")
    assert [one.better for one in rate.against] == [None, None]


def test_a_day_that_is_not_over_tells_what_began_and_says_so(house: House) -> None:
    tell(house, hours(TUESDAY, 8, 12))
    content = report(house, as_of=instant(TUESDAY, 12 * 60 + 5, PARIS))
    assert len(table(content, "by_hour").rows) == 13
    assert content.stamp[-1] == "Period not over: figures so far."


def test_first_contact_resolution_is_provisional_until_its_window_has_passed(
    house: House,
) -> None:
    tell(house, hours(TUESDAY, 8, 10))
    note = section(report(house), "repeats").note
    assert note.startswith("A repeat follows within 7 days.")
    assert "nothing to judge" in note


def test_a_switch_of_the_day_is_told_with_its_owner_its_reason_and_its_effect(
    house: House,
) -> None:
    tell(house, hours(TUESDAY, 8, 18))
    service = ExposureService(house.database)
    actor = Actor("user", "otto", ("operator",))
    noon = instant(TUESDAY, 12 * 60, PARIS)
    for at, state in ((noon - timedelta(days=1), State.PROMOTED), (noon, State.TUCKED)):
        change = Change(
            channel="chat", state=state, why="storm", owner="ana",
            expires_at=noon + timedelta(hours=30),
        )  # fmt: skip
        service.set(change, actor, at)
    content = report(house)
    [row] = rows(table(content, "switches"))
    assert (row["before"], row["after"]) == ("promoted", "tucked")
    assert (row["owner"], row["by"], row["why"]) == ("ana", "otto", "storm")
    assert str(row["effect"]).startswith("Chat: Offered 0 → 0")
    [standing] = rows(table(content, "standing"))
    assert (standing["scope"], standing["state"], standing["owner"]) == ("Chat", "promoted", "ana")
    lanes = [(row["channel"], row["offered_before"]) for row in rows(table(content, "effects"))]
    assert lanes == [("chat", 0), ("*", 3)]


def test_a_source_that_was_silent_when_it_usually_is_not_is_an_incident(house: House) -> None:
    tell(house, [*hours(TUESDAY - timedelta(days=7), 8, 18), *hours(TUESDAY, 8, 12)])
    content = report(house)
    [gap] = rows(table(content, "silences"))
    assert (gap["source"], gap["usual"]) == ("centre", 36)
    assert gap["from"] == instant(TUESDAY, 12 * 60, PARIS)
    assert gap["to"] == instant(TUESDAY, 18 * 60, PARIS)
    assert "1 silence of a source (centre)" in section(content, "summary").findings[-1].words


def test_the_contacts_of_the_sources_are_those_of_the_report(house: House) -> None:
    tell(house, [*hours(TUESDAY, 8, 18), *hours(TUESDAY, 9, 11, "email")])
    [source] = rows(table(report(house), "sources"))
    assert (source["source"], source["offered"]) == ("centre", 72)


def test_a_quiet_quarter_is_no_silence() -> None:
    end = datetime.fromtimestamp(900 * 2000, UTC)
    before = {("a", 1000): 4, ("b", 1000): 3, ("b", 1001): 3, ("c", 1328): 9}
    [gap] = silences({}, before, end)
    start = datetime.fromtimestamp(900 * 1672, UTC)
    assert gap == Gap("b", start, start + timedelta(minutes=30), 6)


def test_all_of_it_is_told_in_french_too(house: House) -> None:
    tell(house, hours(TUESDAY, 8, 10))
    content = report(house, language="fr")
    assert (content.title, content.subtitle) == ("Rapport quotidien", "mardi 12 mars 2024")
    assert section(content, "sites").tables[0].empty == "Aucune source ne le dit."


@pytest.mark.parametrize(
    ("name", "first", "last", "days"),
    [
        ("daily", "2024-02-29", "2024-02-29", 1),
        ("weekly", "2024-02-26", "2024-03-03", 7),
        ("monthly", "2024-02-01", "2024-02-29", 29),
    ],
)
def test_a_report_covers_whole_local_days(name: str, first: str, last: str, days: int) -> None:
    period = period_of(name, "2024-02-29", None, PARIS, LATER)
    assert (str(period.first), str(period.last), period.days) == (first, last, days)


def test_every_report_can_be_written_of_every_kind_of_period(house: House) -> None:
    tell(house, hours(TUESDAY, 8, 10))
    for name in kinds():
        content = report(house, name=name)
        assert section(content, "summary").figures[0].value == 12, name


def test_a_period_that_has_not_begun_or_is_too_long_is_refused() -> None:
    with pytest.raises(WrongUse, match="2024-05-02 has not begun yet"):
        period_of("daily", "2024-05-02", None, PARIS, LATER)
    with pytest.raises(WrongUse, match="are 1096 days: choose 1 to 366"):
        period_of("period", "2021-01-01", "2024-01-01", PARIS, LATER)
    with pytest.raises(WrongUse, match="a daily report has no last day"):
        period_of("daily", "2024-03-12", "2024-03-13", PARIS, LATER)
    with pytest.raises(WrongUse, match="«12/03» is no day"):
        period_of("daily", "12/03", None, PARIS, LATER)


def test_while_nothing_happens_a_report_is_as_of_the_same_moment(house: House) -> None:
    """The last news; of a day that was over by then, its end."""
    told = instant(TUESDAY, 20 * 60, PARIS)
    with house.database.connect() as connection:
        connection.execute("update service_level_versions set decided_at = %s", [told])
        connection.commit()
    tell(house, hours(TUESDAY, 8, 10), now=told)
    day = period_of("daily", str(TUESDAY), None, PARIS, LATER).span
    with snapshot(house.database.engine) as connection:
        for now in (LATER, LATER + timedelta(days=30)):
            assert last_news(connection, day, now) == day.end
        for later in (timedelta(minutes=1), timedelta(hours=2)):
            assert last_news(connection, day, told + later) == told
        before = told - timedelta(hours=1)
        assert last_news(connection, day, before) == before
    tell(house, hours(TUESDAY, 10, 11), now=LATER)
    with snapshot(house.database.engine) as connection:
        assert last_news(connection, day, LATER + timedelta(days=30)) == LATER


@pytest.mark.parametrize(
    ("tallest", "last"), [(0, 1), (1, 1), (4, 4), (5, 6), (38, 40), (200, 200), (1001, 1500)]
)
def test_a_chart_ends_at_a_round_number_above_its_tallest(tallest: int, last: int) -> None:
    assert ticks(tallest)[-1] == last
    assert len(ticks(tallest)) <= 5
