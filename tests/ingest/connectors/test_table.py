"""Connector ``table``: any table with a mapping; what is counted is worked out by hand."""

from __future__ import annotations

import random
import tracemalloc
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import xlsxwriter

from ingest.connector import Parsed, Source
from ingest.connectors.table import TableConnector
from ingest.database import Database
from ingest.errors import Fatal, RejectedEvent, Retriable, WrongFormat
from ingest.events import Event, Identity, Rejected
from ingest.formats.table.amounts import UNITS, milliseconds
from ingest.formats.table.clocks import UnknownFormat, formats_of, reader
from ingest.formats.table.mapping import CANONICAL, FIELDS, OUTCOMES, WrongMapping, decoded
from ingest.formats.table.proposal import proposed
from ingest.reasons import REASONS
from tests.ingest.telling import NOW, contacts_of, store

PARIS = ZoneInfo("Europe/Paris")
CALLS = """
[columns]
offered_at = "Date"
queue = "File"
outcome = "Statut"
wait = "Attente"
talk = "Parole"
[customer]
phone = "Client"
[constants]
channel = "phone"
[times]
offered_at = "%d/%m/%Y %H:%M:%S"
[values.outcome]
"Répondu" = "answered"
"Abandonné" = "abandoned"
"""
HEADER = "Date;File;Statut;Attente;Parole;Client"
ANSWERED = "05/01/2026 09:00:00;Ventes;Répondu;12,5;180;+33639980001"
ABANDONED = "05/01/2026 09:01:00;Ventes;Abandonné;40;;+33639980002"

Table = Callable[..., Path]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Writes a file of rows."""

    def write(*rows: str, name: str = "export.csv", encoding: str = "utf-8") -> Path:
        (path := tmp_path / name).write_bytes("".join(f"{row}\n" for row in rows).encode(encoding))
        return path

    return write


def source(folder: Path, mapping: str | None = CALLS, zone: ZoneInfo = PARIS) -> Source:
    if mapping is None:
        return Source("crm", "table", zone)
    (path := folder / "crm.toml").write_text(mapping, encoding="utf-8")
    return Source("crm", "table", zone, options={"mapping": str(path)})


def read(
    path: Path, mapping: str | None = CALLS, zone: ZoneInfo = PARIS
) -> tuple[list[Event], list[Rejected]]:
    parsed = list(TableConnector().read(path, source(path.parent, mapping, zone)))
    events = [each for each in parsed if isinstance(each, Event)]
    return events, [each for each in parsed if isinstance(each, Rejected)]


def kinds(events: list[Event]) -> list[str]:
    return [event.kind for event in events]


# --- rows ---------------------------------------------------------------------------------


def test_a_row_is_a_contact_with_its_wait_and_talk(table: Table) -> None:
    (offered, answered, closed), rejected = read(table(HEADER, ANSWERED))
    assert rejected == []
    assert (offered.kind, offered.occurred_at) == ("offered", datetime(2026, 1, 5, 8, tzinfo=UTC))
    assert (offered.channel, offered.queue) == ("phone", "Ventes")
    assert offered.identities == (Identity("phone", "+33639980001"),)
    assert (answered.kind, answered.wait_ms) == ("answered", 12_500)
    assert (closed.kind, closed.talk_ms) == ("closed", 180_000)
    assert (closed.occurred_at - offered.occurred_at).total_seconds() == 192.5


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ("answered", ["offered", "answered", "closed"]),
        ("transferred", ["offered", "answered", "transferred"]),
        ("abandoned", ["offered", "abandoned"]),
        ("flowed_out", ["offered", "flowed_out"]),
        ("contained", ["offered", "contained"]),
        ("open", ["offered"]),
        ("not_offered", ["not_offered"]),
        ("", ["offered", "answered", "closed"]),
    ],
)
def test_the_outcome_says_which_events_a_row_tells(
    table: Table, outcome: str, told: list[str]
) -> None:
    talk = "" if outcome == "open" else "60"
    rows = ("offered_at,channel,outcome,wait_s,talk_s", f"2026-01-05T09:00,chat,{outcome},5,{talk}")
    events, rejected = read(table(*rows), None)
    assert (kinds(events), rejected) == (told, [])


def test_times_told_stand_and_the_first_reply_answers_a_ticket(table: Table) -> None:
    events, _ = read(
        table(
            "offered_at,answered_at,ended_at,outcome,channel",
            "2026-01-05 09:00,2026-01-05 11:30,2026-01-06 10:00,resolved,form",
        ),
        None,
    )
    assert kinds(events) == ["offered", "answered", "resolved"]
    assert [event.occurred_at.hour for event in events] == [8, 10, 9]
    assert [event.wait_ms for event in events] == [None, None, None]


@pytest.mark.parametrize(
    ("row", "reason", "says"),
    [
        ("32/01/2026 09:00:00;Ventes;Répondu;1;1;x", "bad_time", "offered_at"),
        (";Ventes;Répondu;1;1;x", "missing_field", "offered_at is empty"),
        ("05/01/2026 09:00:00;Ventes;Répondu;-1;1;x", "bad_duration", "wait is negative"),
        ("05/01/2026 09:00:00;Ventes;Répondu;une;1;x", "bad_duration", "wait is no number"),
        ("05/01/2026 09:00:00;Ventes;Répondu;1:30;1;x", "bad_duration", "minutes and seconds or"),
        ("05/01/2026 09:00:00;Ventes;Répondu;1.234;1;x", "bad_duration", "thousands or decimals"),
        ("05/01/2026 09:00:00;Ventes;Répondu;;;x", "missing_field", "no time of the answer"),
        ("05/01/2026 09:00:00;Ventes;Abandonné;;;x", "missing_field", "no wait"),
        ("05/01/2026 09:00:00;Ventes;Inconnu;1;1;x", "unknown_shape", "«inconnu» is not in"),
        ("05/01/2026 09:00:00;Ventes", "bad_record", "2 cells, the header has 6"),
        ("05/01/2026 09:00:00;Ventes;Répondu;1;1;x;y", "bad_record", "7 cells"),
        ('"05/01/2026 09:00:00;Ventes;Répondu;1;1;x', "bad_record", "not closed"),
        ('"05/01/2026" 09:00:00;Ventes;Répondu;1;1;x', "bad_record", "quotes do not match"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_and_its_neighbours_go_through(
    table: Table, row: str, reason: str, says: str
) -> None:
    events, (refused,) = read(table(HEADER, ANSWERED, row, ABANDONED))
    assert kinds(events) == ["offered", "answered", "closed", "offered", "abandoned"]
    assert (refused.reason, refused.raw.decode()) == (reason, f"{HEADER}\n{row}")
    assert refused.reason in REASONS
    assert says in refused.detail


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_a_refused_row_is_read_again_by_itself_once_the_mapping_knows_it(
    table: Table, encoding: str
) -> None:
    row = ANSWERED.replace("Répondu", "Servi").replace("Ventes", "Été")
    told = f'[file]\nencoding = "{encoding}"\n{CALLS}'
    _, (refused,) = read(table(HEADER, row, encoding=encoding), told)
    wider = source(table(HEADER).parent, f"{told}Servi = 'answered'\n")
    again = [e for e in TableConnector().again(refused.raw, wider) if isinstance(e, Event)]
    assert kinds(again) == ["offered", "answered", "closed"]
    assert again[0].queue == "Été"


def test_a_quoted_cell_may_hold_delimiters_quotes_and_lines(table: Table) -> None:
    events, rejected = read(
        table(HEADER, '05/01/2026 09:00:00;"Ventes; ""Nord""', 'et Sud";Répondu;1;1;x', ABANDONED)
    )
    assert rejected == []
    assert events[0].queue == 'Ventes; "Nord"\net Sud'
    assert len(events) == 5


def test_a_quote_inside_a_plain_cell_swallows_nothing(table: Table) -> None:
    rows = [f'05/01/2026 09:00:{second:02};Tube 5";Abandonné;1;;x' for second in range(60)]
    events, rejected = read(table(HEADER, *rows))
    assert (len(events), rejected) == (120, [])


# --- ids ----------------------------------------------------------------------------------


def test_a_row_has_the_same_ids_in_every_file_that_holds_it(table: Table) -> None:
    january, _ = read(table(HEADER, ANSWERED, ABANDONED))
    overlapping, _ = read(table(HEADER, "06/01/2026 10:00:00;Ventes;Abandonné;9;;x", ABANDONED))
    assert {e.event_id for e in january[3:]} == {e.event_id for e in overlapping[2:]}


def test_alike_rows_of_one_customer_are_one_contact_told_twice(
    table: Table, database: Database
) -> None:
    path = table(HEADER, ANSWERED, ANSWERED)
    ledger = store(database).load(
        source(path.parent), TableConnector().read(path, source(path.parent)), now=NOW
    )
    assert (ledger.received, ledger.new, ledger.duplicate) == (6, 3, 3)
    assert len(contacts_of(database, "crm")) == 1


def test_alike_rows_of_nobody_are_as_many_contacts_however_often_they_are_read(
    table: Table, database: Database
) -> None:
    nobody = ANSWERED.replace("+33639980001", "")
    path = table(HEADER, nobody, nobody, nobody)
    feed = source(path.parent)
    for new in (9, 0):
        ledger = store(database).load(feed, TableConnector().read(path, feed), now=NOW)
        assert (ledger.received, ledger.new) == (9, new)
    assert len(contacts_of(database, "crm")) == 3


def test_an_id_column_decides_and_a_later_update_wins(table: Table, database: Database) -> None:
    header = "id,channel,offered_at,updated_at,queue"
    for queue, updated in (("Sud", "11:00"), ("Nord", "10:00")):
        path = table(header, f"t1,form,2026-01-05 09:00,2026-01-05 {updated},{queue}")
        feed = source(path.parent, None)
        store(database).load(feed, TableConnector().read(path, feed), now=NOW)
    (contact,) = contacts_of(database, "crm")
    assert (contact["contact_id"], contact["queue"]) == ("t1", "Sud")


# --- files --------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_encoding_and_delimiter_are_found(table: Table, encoding: str, delimiter: str) -> None:
    rows = [row.replace(",", ".").replace(";", delimiter) for row in (HEADER, ANSWERED, ABANDONED)]
    events, rejected = read(table(*rows, encoding=encoding))
    assert rejected == []
    assert kinds(events) == ["offered", "answered", "closed", "offered", "abandoned"]
    plain, _ = read(table(*(row.replace(delimiter, ";") for row in rows)))
    assert events == plain


def test_titles_above_the_header_and_its_repetition_are_passed_over(table: Table) -> None:
    events, rejected = read(
        table("sep=;", "Export du 05/01/2026", "", HEADER, ANSWERED, HEADER, ABANDONED, "")
    )
    assert (len(events), rejected) == (5, [])


def test_a_damaged_line_of_utf_16_costs_itself_only(tmp_path: Path) -> None:
    content = "".join(f"{row}\r\n" for row in (HEADER, ANSWERED, "?" + ABANDONED, ABANDONED))
    damaged = content.encode("utf-16").replace("?".encode("utf-16-le"), b"\x00\xd8")
    (path := tmp_path / "wide.csv").write_bytes(damaged)
    events, (refused,) = read(path)
    assert (len(events), refused.reason) == (5, "bad_encoding")


def test_a_long_file_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("id,channel,offered_at,outcome,wait_s\n")
        for number in range(60_000):
            file.write(f"c{number},phone,2026-01-05T09:00:00Z,abandoned,{number % 300}\n")
    tracemalloc.start()
    count = sum(1 for _ in TableConnector().read(path, source(tmp_path, None)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 120_000
    assert peak < path.stat().st_size


def workbook(path: Path, rows: list[list[object]]) -> Path:
    """Two merged title lines, a header, typed cells, an empty row, a hidden sheet."""
    with xlsxwriter.Workbook(path, {"default_date_format": "dd/mm/yyyy hh:mm:ss"}) as book:
        length = book.add_format({"num_format": "[h]:mm:ss"})
        sheet = book.add_worksheet("Appels")
        sheet.merge_range("A1:F1", "Rapport des appels", book.add_format())
        sheet.merge_range("D2:E2", "Durées", book.add_format())
        for number, row in enumerate(rows, 2):
            for place, cell in enumerate(row):
                sheet.write(
                    number, place, cell, *([length] if place in (3, 4) and number > 2 else [])
                )
        hidden = book.add_worksheet("Ancien")
        hidden.write_row(0, 0, [str(cell) for cell in rows[0]])
        hidden.write_row(1, 0, ["01/01/2020 09:00:00", "Ventes", "Abandonné", "1", "", ""])
        hidden.hide()
        book.add_worksheet("Vide")
    return path


def test_a_workbook_is_read_by_its_cells_not_by_how_they_are_shown(tmp_path: Path) -> None:
    nine = datetime(2026, 1, 5, 9)  # noqa: DTZ001
    rows: list[list[object]] = [
        HEADER.split(";"),
        [nine, "Ventes", "Répondu", 12.5 / 86_400, 180 / 86_400, "+33639980001"],
        ["", "", "", "", "", ""],
        ["05/01/2026 09:01:00", "Ventes", "Abandonné", "0:00:40", "", "+33639980002"],
        [nine, "Ventes", "?", 0, 0, ""],
    ]
    events, (refused,) = read(workbook(tmp_path / "export.xlsx", rows))
    plain, _ = read(tmp_path / "export.xlsx")
    assert kinds(events) == ["offered", "answered", "closed", "offered", "abandoned"]
    assert [e.event_id for e in events] == [e.event_id for e in plain]
    assert events[0].occurred_at == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert (events[1].wait_ms, events[2].talk_ms, events[4].wait_ms) == (12_500, 180_000, 40_000)
    assert refused.raw.decode().startswith("Date,File,Statut,Attente,Parole,Client\n2026-01-05T09")


def test_a_date_and_a_time_of_day_in_two_columns_are_one_time(tmp_path: Path) -> None:
    mapping = '[columns]\noffered_at = ["Jour", "Heure"]\n[constants]\nchannel = "phone"\n'
    with xlsxwriter.Workbook(tmp_path / "two.xlsx") as book:
        day, hour = (book.add_format({"num_format": each}) for each in ("dd/mm/yyyy", "hh:mm"))
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Jour", "Heure"])
        sheet.write_datetime(1, 0, datetime(2026, 1, 5), day)  # noqa: DTZ001
        sheet.write_number(1, 1, 9.5 / 24, hour)
    ((offered,), rejected) = read(tmp_path / "two.xlsx", mapping)
    assert rejected == []
    assert offered.occurred_at == datetime(2026, 1, 5, 8, 30, tzinfo=UTC)


def test_a_workbook_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    whole = workbook(tmp_path / "whole.xlsx", [["Date"]]).read_bytes()
    (path := tmp_path / "cut.xlsx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(WrongFormat, match=r"cut\.xlsx"):
        read(path)
    with pytest.raises(WrongFormat, match="no sheet «Mails»; there are: Appels"):
        read(tmp_path / "whole.xlsx", CALLS + '[file]\nsheet = "Mails"\n')


def test_a_stray_cell_at_the_end_of_a_sheet_is_refused_before_it_fills_the_memory(
    tmp_path: Path,
) -> None:
    with xlsxwriter.Workbook(tmp_path / "stray.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER.split(";"))
        sheet.write_string(1_048_575, 16_383, " ")
    with pytest.raises(WrongFormat, match="row 1,048,576, column 16,384: delete what lies"):
        read(tmp_path / "stray.xlsx")


# --- times --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["31/01/2026 09:05"], ["%d/%m/%Y %H:%M"]),
        (["01/02/2026 09:05"], ["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"]),
        (["01/02/2026 09:05", "13/02/2026 10:00"], ["%d/%m/%Y %H:%M"]),
        (["1/31/2026 2:05:09 PM"], ["%m/%d/%Y %I:%M:%S %p"]),
        (["2026-02-01T09:05:00Z", "2026-02-01 09:05"], ["iso"]),
        (["12 févr. 2026 09:05"], ["%d %b %Y %H:%M"]),
        (["Feb 12, 2026 9:05 AM"], ["%b %d, %Y %I:%M %p"]),
        (["31.01.26 09:05:01"], ["%d.%m.%y %H:%M:%S"]),
        (["1767603600", "1767603601.5"], ["unix"]),
        (["1767603600123"], ["unix_ms"]),
        (["46027.375"], ["excel"]),
        (["hier"], []),
    ],
)
def test_a_format_is_detected_or_every_one_that_can_be_meant_is_told(
    written: list[str], meant: list[str]
) -> None:
    assert formats_of(written) == meant


def test_dates_that_can_be_read_in_two_ways_are_asked_for(table: Table) -> None:
    path = table(HEADER, *(ANSWERED.replace("05/01", f"05/{month:02}") for month in range(1, 13)))
    undated = CALLS.replace('offered_at = "%d/%m/%Y %H:%M:%S"\n', "")
    with pytest.raises(WrongMapping, match="«05/01/2026 09:00:00» in the column «Date» can be"):
        read(path, undated)
    told, _ = read(path, CALLS)
    assert {event.occurred_at.day for event in told} == {5}
    path = table(HEADER, ANSWERED, ANSWERED.replace("05/01", "25/01"))
    assert read(path, undated) == read(path)


@pytest.mark.parametrize("format", ["%d/%m", "%Q", "%d/%d/%Y", "%A %d %m %Y"])
def test_a_format_that_says_no_time_is_refused(format: str) -> None:
    with pytest.raises(UnknownFormat):
        reader(format)


def test_the_hour_that_autumn_repeats_is_the_first_unless_the_stage_before_says_otherwise(
    table: Table,
) -> None:
    (offered, answered), _ = read(
        table(
            "offered_at,answered_at,channel",
            "2026-10-25 02:50:00,2026-10-25 02:10:00,phone",
        ),
        None,
    )
    assert offered.occurred_at == datetime(2026, 10, 25, 0, 50, tzinfo=UTC)
    assert answered.occurred_at == datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert offered.attributes == {"local_clock": "twice"}


def test_an_hour_that_spring_leaves_out_is_as_far_after_the_gap_and_said(table: Table) -> None:
    (skipped, before, after), _ = read(
        table(
            "offered_at,channel",
            "2026-03-29 02:30:00,phone",
            "2026-03-29 01:59:59,phone",
            "2026-03-29 03:00:00,phone",
        ),
        None,
    )
    assert skipped.occurred_at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert skipped.attributes == {"local_clock": "never"}
    assert (after.occurred_at - before.occurred_at).total_seconds() == 1
    assert before.attributes == after.attributes == {}


# --- durations ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "unit", "decimal", "told"),
    [
        ("75", None, None, 75_000),
        ("12,5", None, None, 12_500),
        ("12.5", None, None, 12_500),
        ("1 234,5", "s", ",", 1_234_500),
        ("1.234", "s", ",", 1_234_000),
        ("1.234", "s", ".", 1_234),
        ("0.125", None, None, 125),
        ("90500", "ms", None, 90_500),
        ("1,5", "min", None, 90_000),
        ("0.00086806", "days", None, 75_000),
        ("00:01:15", None, None, 75_000),
        ("0:01:15.250", None, None, 75_250),
        ("26:00:00", None, None, 93_600_000),
        ("1:15", "mm:ss", None, 75_000),
        ("1:15", "hh:mm", None, 4_500_000),
        ("1 min 15 s", None, None, 75_000),
        ("1h 02m 03s", None, None, 3_723_000),
    ],
)
def test_durations_are_whole_milliseconds(
    cell: str, unit: str | None, decimal: str | None, told: int
) -> None:
    assert milliseconds("wait", cell, unit, decimal) == told


@pytest.mark.parametrize(
    "cell", ["1:15", "1,234", "-3", "-0:00:03", "nan", "1e3", "٣", "12,5,5", "9" * 5000]
)
def test_a_cell_that_is_no_duration_or_two_is_refused(cell: str) -> None:
    with pytest.raises(RejectedEvent) as refused:
        milliseconds("wait", cell, None, None)
    assert refused.value.reason == "bad_duration"


# --- mappings -----------------------------------------------------------------------------


def test_a_column_that_is_not_there_is_named_with_those_that_are(table: Table) -> None:
    with pytest.raises(WrongMapping) as wrong:
        read(table("Date;File;Etat;Attente;Parole;Client", ANSWERED))
    assert str(wrong.value).endswith(
        "has no column «Statut»; it has: Date, File, Etat, Attente, Parole, Client"
    )


@pytest.mark.parametrize("mapping", [CALLS, None])
@pytest.mark.parametrize("told", [b'"a,b\n', b"a\x00b\n", b"x" * 70_000])
def test_a_file_without_a_single_row_is_refused_not_empty(
    tmp_path: Path, told: bytes, mapping: str | None
) -> None:
    (path := tmp_path / "calls.csv").write_bytes(told)
    with pytest.raises((WrongFormat, WrongMapping), match="no row at all"):
        list(TableConnector().read(path, source(tmp_path, mapping)))


def test_a_blank_file_tells_nothing(tmp_path: Path) -> None:
    (path := tmp_path / "calls.csv").write_bytes(b"\n \n")
    assert list(TableConnector().read(path, source(tmp_path))) == []


@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ("[columns\n", "mapping crm.toml: "),
        ('[column]\noffered_at = "Date"', "column"),
        ('[columns]\nid = "Ref"', "needs a line offered_at"),
        ('[columns]\noffered = "Date"', "[columns] knows no «offered»; it knows offered_at"),
        ('row = "event"\n[columns]\nat = "Date"', "needs a line contact"),
        ('[columns]\noffered_at = "D"\n[times]\noffered_at = "%Q"', "«%Q» in the time"),
        ('[columns]\noffered_at = "D"\n[durations]\nwait = "weeks"', "a unit is s, ms, min"),
        ('[columns]\noffered_at = "D"\n[values.outcome]\nOK = "ok"', "an outcome is answered"),
        ('[columns]\noffered_at = "D"\n[file]\ndelimiter = ";;"', "one character"),
    ],
)
def test_a_mapping_that_says_something_wrong_is_one_line(toml: str, says: str) -> None:
    with pytest.raises(WrongMapping) as wrong:
        decoded(toml.encode(), "crm.toml")
    assert says in str(wrong.value)
    assert "\n" not in str(wrong.value)


def test_a_row_may_be_one_event(table: Table) -> None:
    mapping = """
row = "event"
[columns]
contact = "Call"
at = "Time"
kind = "Event"
agent = "Agent"
[constants]
channel = "phone"
[values.kind]
"Enter Queue" = "queued"
"Agent Answer" = "answered"
"Hangup" = "closed"
"""
    rows = (
        "Time,Call,Event,Agent",
        "2026-01-05T09:00:00,c1,Enter Queue,",
        "2026-01-05T09:00:09,c1,Agent Answer,A1",
        "2026-01-05T09:00:09,c1,Agent Answer,A1",
        "2026-01-05T09:01:00,c1,Whisper Start,A1",
        "2026-01-05T09:02:00,c1,Hangup,A1",
        "2026-01-05T09:02:00,,Hangup,A1",
    )
    events, (refused,) = read(table(*rows), mapping)
    assert kinds(events) == ["queued", "answered", "answered", "whisper_start", "closed"]
    assert len({event.event_id for event in events}) == 4
    assert refused.detail == "the contact is empty"


# --- real complaints ----------------------------------------------------------------------

COMPLAINTS = """
[columns]
id = "ComplaintID"
offered_at = "ContactDate"
channel = "ContactChannelID"
reason = "ComplaintTheme_EN"
segment = "AgeCategory"
[customer]
crm = "CustomerID"
[values.channel]
"8" = "channel 8"
"""


def test_the_complaints_of_2016_come_in_through_a_mapping(
    shared_data: Callable[[str], Path], tmp_path: Path, database: Database
) -> None:
    path = shared_data("bpi_2016_complaints/BPI2016_Complaints.csv")
    feed = source(tmp_path, COMPLAINTS, ZoneInfo("Europe/Amsterdam"))
    events = [each for each in TableConnector().read(path, feed) if isinstance(each, Event)]
    ledger = store(database).load(feed, TableConnector().read(path, feed), now=NOW)
    assert (ledger.received, ledger.new, ledger.quarantined) == (289, 289, 0)
    assert len(contacts_of(database, "crm")) == 289
    channels = Counter(event.channel for event in events)
    assert channels == {
        "channel_8": 196, "6": 41, "5": 27, "1": 8, "4": 7, "2": 6, "3": 3, "7": 1,
    }  # fmt: skip
    of_customer: dict[str, list[str]] = {}
    for event in events:
        of_customer.setdefault(event.identities[0].value, []).append(event.channel)
    assert len(of_customer) == 226
    assert sum(len(told) > 1 for told in of_customer.values()) == 46
    assert sum(len(set(told)) > 1 for told in of_customer.values()) == 10
    assert Counter(event.reason for event in events)["treatment (attitude/behavior)"] == 41


def test_a_prefix_of_a_file_tells_what_the_whole_tells_first(table: Table) -> None:
    path = table(HEADER, ANSWERED, ABANDONED)
    whole = read(path)[0]
    assert list(islice(TableConnector().read(path, source(path.parent)), 3)) == whole[:3]


# --- a folder of exports ------------------------------------------------------------------


class Folder:
    """A source that watches a folder, and the cursor that the worker would keep."""

    def __init__(self, path: Path, mapping: Path) -> None:
        options = {"path": str(path), "mapping": str(mapping)}
        self.source = Source("crm", "table", PARIS, options=options)
        self.connector = TableConnector()
        self.cursor: str | None = None

    def drained(self) -> list[Parsed]:
        found: list[Parsed] = []
        more = True
        while more:
            page = self.connector.pull(self.source, self.cursor)
            assert page.cursor != self.cursor or not page.more
            found, self.cursor, more = [*found, *page.parsed], page.cursor, page.more
        return found


@pytest.fixture
def watched(tmp_path: Path) -> Folder:
    (tmp_path / "drop").mkdir()
    (mapping := tmp_path / "crm.toml").write_text(CALLS, encoding="utf-8")
    return Folder(tmp_path / "drop", mapping)


def drop(watched: Folder, name: str, *rows: str, end: str = "\n") -> None:
    path = Path(str(watched.source.options["path"])) / name
    path.write_text("\n".join((HEADER, *rows)) + end, encoding="utf-8")


def test_new_and_grown_files_of_a_folder_are_read_once(watched: Folder) -> None:
    drop(watched, "1.csv", ANSWERED)
    assert len(watched.drained()) == 3
    assert watched.drained() == []
    drop(watched, "2.csv", ABANDONED)
    assert len(watched.drained()) == 2
    drop(watched, "1.csv", ANSWERED, ABANDONED.replace("0002", "0003"))
    assert len({each.event_id for each in watched.drained() if isinstance(each, Event)}) == 5
    assert watched.drained() == []


def test_a_file_that_is_being_written_is_left_until_it_stands_still(watched: Folder) -> None:
    drop(watched, "1.csv", ANSWERED, "05/01/2026 09:0", end="")
    assert watched.drained() == []
    drop(watched, "1.csv", ANSWERED, ABANDONED, end="")
    assert watched.drained() == []
    assert len(watched.drained()) == 5


def test_a_long_file_comes_in_pages_and_a_new_worker_goes_on_where_the_last_one_died(
    watched: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TableConnector, "page_records", 4)
    drop(watched, "1.csv", *(ANSWERED.replace("0001", f"1{n:03}") for n in range(10)))
    whole = Folder.drained(watched)
    assert len(whole) == 30
    watched.cursor, found = None, []
    for _ in range(8):
        watched.connector = TableConnector()
        page = watched.connector.pull(watched.source, watched.cursor)
        found, watched.cursor = [*found, *page.parsed], page.cursor
    assert found == whole


def test_a_file_of_another_kind_is_refused_as_a_whole_and_the_next_one_is_read(
    watched: Folder,
) -> None:
    folder = Path(str(watched.source.options["path"]))
    (folder / "a readme.txt").write_text("no table\n")
    (folder / ".hidden").write_text("no table\n")
    drop(watched, "b.csv", ABANDONED)
    told = watched.drained()
    (refused,) = [each for each in told if isinstance(each, Rejected)]
    assert (refused.reason, len(told)) == ("bad_record", 3)
    assert refused.reason in REASONS
    assert "readme.txt has no column «Date»" in refused.detail


def test_a_folder_that_is_not_there_is_asked_again_and_none_at_all_is_told(
    watched: Folder, tmp_path: Path
) -> None:
    (tmp_path / "drop").rmdir()
    with pytest.raises(Retriable, match="check the line path"):
        watched.drained()
    assert not TableConnector().pulled(Source("crm", "table"))
    with pytest.raises(Fatal, match=r'\[sources.crm\] needs a line path = "/srv/exports"'):
        TableConnector().check(Source("crm", "table", options={"path": ""}))


# --- the page about it, and what nobody would write ---------------------------------------

PAGE = Path(__file__).parents[3] / "docs" / "table.md"


def block(mark: str) -> str:
    after = PAGE.read_text(encoding="utf-8").split(f"<!-- {mark} -->")[1]
    return after.split("```")[1].partition("\n")[2]


def test_the_page_shows_a_mapping_that_can_be_used_and_the_names_that_need_none() -> None:
    mapping = decoded(block("mapping").encode(), "docs/table.md")
    assert set(mapping.columns) <= set(FIELDS["contact"])
    assert block("canonical").strip() == ",".join(CANONICAL)
    page = PAGE.read_text(encoding="utf-8")
    for word in (*FIELDS["contact"], *FIELDS["event"], *OUTCOMES, *UNITS):
        assert f"`{word}`" in page or f" {word}" in page, word


@pytest.mark.parametrize("seed", [2, 5, 7])
def test_whatever_stands_in_a_file_no_row_takes_the_reader_down(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    sample = (Path(__file__).parents[3] / "sample_data" / "table" / "extended.csv").read_bytes()
    junk = [b'"', b"\n", b",", b"\x00", b"\xff", b"9" * 5000, b"-1", b"\r", b"1e999", b"0001-01-01"]
    path, told = tmp_path / "hostile.csv", 0
    for _ in range(30):
        content = bytearray(sample)
        for _ in range(chance.randint(1, 25)):
            at = chance.randrange(len(content))
            content[at : at + chance.randrange(3)] = chance.choice(junk)
        path.write_bytes(content)
        try:
            told += len(list(TableConnector().read(path, source(tmp_path, None))))
            decoded(proposed(path).toml.encode(), "proposed")
        except WrongFormat as error:
            assert "hostile.csv" in str(error)  # noqa: PT017
        except WrongMapping as error:
            assert "in the column" in str(error)  # noqa: PT017
    assert told > 100
