"""`vigie sources map` and `vigie load table`: exports of invented tools, there and back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import xlsxwriter

from ingest.database import Database
from tests.house import Answer, Vigie

NINE = datetime(2026, 1, 29, 9)  # noqa: DTZ001  the local clock of the tools
#: Of every export: 40 contacts, 24 answered, 12 abandoned, 4 flowed out.
OUTCOMES = ("answered", "answered", "abandoned", "answered", "flowed_out",
            "answered", "abandoned", "answered", "abandoned", "answered")  # fmt: skip


def outcomes() -> list[tuple[int, datetime, str]]:
    """(number, when, outcome): 13 minutes apart, over midnight on the 29th of January."""
    return [(n, NINE + timedelta(minutes=67 * n), OUTCOMES[n % 10]) for n in range(40)]


def french_calls(folder: Path) -> Path:
    """Semicolons, decimal commas, cp1252, as an older French switchboard exports them."""
    words = {"answered": "Répondu", "abandoned": "Abandonné", "flowed_out": "Débordement"}
    lines = ["Date d'appel;File;Motif;Statut;Durée attente;Durée conversation;Numéro appelant;Note"]
    for n, at, outcome in outcomes():
        talk = "240,5" if outcome == "answered" else ""
        lines.append(
            f"{at:%d/%m/%Y %H:%M:%S};Réclamations;Facture;{words[outcome]};{n},5;{talk};"
            f'+336399801{n:02};"dit ""déjà appelé""; {n}"'
        )
    (path := folder / "appels.csv").write_bytes("\r\n".join(lines).encode("cp1252"))
    return path


def american_calls(folder: Path) -> Path:
    """Commas, AM and PM, months first."""
    words = {"answered": "Handled", "abandoned": "Missed", "flowed_out": "Voicemail"}
    lines = ["Call ID,Start Time,Queue,Result,Wait Time (sec),Talk Time,Hold Time,Agent"]
    for n, at, outcome in outcomes():
        talk = "0:04:00" if outcome == "answered" else ""
        clock = f"{at:%I:%M:%S %p}".lstrip("0")
        lines.append(
            f'US-{n},{at.month}/{at.day}/{at.year} {clock},"Sales, East",{words[outcome]},{n},'
            f"{talk},{talk and '0:00:10'},Agent {n % 4}"
        )
    (path := folder / "calls.csv").write_text("\n".join(lines), encoding="utf-8-sig")
    return path


def chats(folder: Path) -> Path:
    """Tabs, UTF-16, times in UTC, no durations: times of the reply and of the end."""
    words = {"answered": "Handled", "abandoned": "Missed", "flowed_out": "Overflow"}
    lines = ["Chat ID\tStarted\tAccepted at\tEnded\tVisitor email\tDepartment team\tStatus"]
    for n, at, outcome in outcomes():
        reply = f"{at + timedelta(seconds=30):%Y-%m-%dT%H:%M:%SZ}" if outcome == "answered" else ""
        end = f"{at + timedelta(minutes=6):%Y-%m-%dT%H:%M:%SZ}"
        lines.append(
            f"x{n:04}\t{at:%Y-%m-%dT%H:%M:%SZ}\t{reply}\t{end}\tann{n}@example.com\tHelp\t"
            f"{words[outcome]}"
        )
    (path := folder / "chats.tsv").write_text("\n".join(lines), encoding="utf-16")
    return path


def workbook(folder: Path) -> Path:
    """A title, two header lines, dates and times of day apart, durations as such."""
    words = {"answered": "Traité", "abandoned": "Perdu", "flowed_out": "Messagerie"}
    with xlsxwriter.Workbook(folder / "suivi.xlsx") as book:
        day, hour, length = (
            book.add_format({"num_format": each}) for each in ("dd/mm/yyyy", "hh:mm", "[h]:mm:ss")
        )
        sheet = book.add_worksheet("Suivi")
        sheet.merge_range("A1:G1", "Suivi des appels", day)
        sheet.merge_range("D3:E3", "Temps", day)
        header = ("Date", "Heure", "Service", "Attente", "Conversation", "N° client", "Résultat")
        sheet.write_row(3, 0, header)
        for n, at, outcome in outcomes():
            row = n + 4 + n // 10  # an empty row after ten
            sheet.write_datetime(row, 0, datetime(at.year, at.month, at.day), day)  # noqa: DTZ001
            sheet.write_datetime(row, 1, at.time(), hour)
            sheet.write_string(row, 2, "Livraison")
            sheet.write_datetime(row, 3, timedelta(seconds=n + 5), length)
            if outcome == "answered":
                sheet.write_datetime(row, 4, timedelta(seconds=240), length)
            sheet.write_number(row, 5, 70_000 + n)
            sheet.write_string(row, 6, words[outcome])
    return folder / "suivi.xlsx"


def events(folder: Path) -> Path:
    """One row an event."""
    ends = {"answered": "Call ended", "abandoned": "Abandoned", "flowed_out": "Timeout"}
    lines = ["Timestamp|Call ID|Event|Queue|Operator"]
    for n, at, outcome in outcomes():
        said = [("Entered queue", 0), *([("Agent answered", 15)] if outcome == "answered" else [])]
        for event, second in (*said, (ends[outcome], 200)):
            when = at + timedelta(seconds=second)
            lines.append(f"{when:%d.%m.%Y %H:%M:%S}|{n * 7:05}|{event}|Support|Op {n % 3}")
    (path := folder / "events.csv").write_text("\n".join(lines), encoding="utf-8")
    return path


def counted(database: Database, source: str) -> dict[str, int]:
    with database.connect() as connection:
        rows = connection.execute(
            "select outcome, count(*) from contacts where source = %s group by outcome", [source]
        ).fetchall()
    return dict(rows)


def load(vigie: Vigie, path: Path, mapping: Path) -> Answer:
    words = ("--source", "tool", "--mapping", mapping, "--zone", "Europe/Paris")
    return vigie("load", "table", path, *words, "--format", "json")


@pytest.mark.parametrize("export", [french_calls, american_calls, chats, workbook, events])
def test_an_ordinary_export_is_mapped_and_loaded_at_once(
    vigie: Vigie, tmp_path: Path, database: Database, export: Callable[[Path], Path]
) -> None:
    path, mapping = export(tmp_path), tmp_path / "map.toml"
    proposed = vigie("sources", "map", path, "--out", mapping)
    assert proposed.code == 0, proposed.err
    first, second = load(vigie, path, mapping), load(vigie, path, mapping)
    assert first.code == 0, first.err
    assert (first.data["quarantined"], first.data["contacts"]) == (0, 40)
    assert counted(database, "tool") == {"answered": 24, "abandoned": 12, "flowed_out": 4}
    assert (second.data["new"], second.data["duplicate"]) == (0, first.data["received"])


def test_what_is_counted_of_the_french_export_is_what_stands_in_it(
    vigie: Vigie, tmp_path: Path, database: Database
) -> None:
    path, mapping = french_calls(tmp_path), tmp_path / "map.toml"
    vigie("sources", "map", path, "--out", mapping)
    load(vigie, path, mapping)
    with database.connect() as connection:
        [found] = connection.execute(
            """
            select min(offered_at), sum(wait_ms), max(talk_ms),
                min(queue), min(reason), min(channel)
            from contacts
            """
        ).fetchall()
    first = datetime(2026, 1, 29, 8, tzinfo=UTC)
    assert found == (first, 800_000, 240_500, "Réclamations", "Facture", "phone")


def test_a_mapping_in_vigie_toml_lies_beside_it(vigie: Vigie, tmp_path: Path) -> None:
    vigie("sources", "map", chats(tmp_path), "--out", tmp_path / "crm.toml")
    (tmp_path / "vigie.toml").write_text(
        '[sources.crm]\nconnector = "table"\nmapping = "crm.toml"\n'
    )
    assert vigie("sources", "check").code == 0
    done = vigie("load", "table", tmp_path / "chats.tsv", "--source", "crm", "--format", "json")
    assert done.data["contacts"] == 40
    (tmp_path / "crm.toml").write_text('[columns]\noffered = "Started"\n')
    wrong = vigie("load", "table", tmp_path / "chats.tsv", "--source", "crm")
    assert (wrong.code, wrong.out) == (2, "")
    assert "knows no «offered»" in wrong.err


def test_the_folder_of_a_source_is_read_by_the_worker_and_its_mapping_checked_before(
    vigie: Vigie, tmp_path: Path
) -> None:
    (tmp_path / "drop").mkdir()
    french_calls(tmp_path / "drop").write_bytes(french_calls(tmp_path).read_bytes() + b"\r\n")
    table = f'connector = "table"\nmapping = "crm.toml"\npath = "{tmp_path}/drop"\n'
    (tmp_path / "vigie.toml").write_text(f"[sources.crm]\n{table}")
    assert "cannot read the mapping" in vigie("sources", "check", "--format", "json").out
    vigie("sources", "map", tmp_path / "appels.csv", "--out", tmp_path / "crm.toml")
    assert vigie("work", "--once").code == 0
    (row,) = vigie("sources", "list", "--format", "json").rows
    assert (row["new"], row["quarantined"]) == (40 + 24 * 2 + 12 + 4, 0)


def test_dates_that_can_be_read_in_two_ways_are_left_open_and_then_asked_for(
    vigie: Vigie, tmp_path: Path
) -> None:
    path, mapping = tmp_path / "two.csv", tmp_path / "map.toml"
    path.write_text("Date,Queue,Status,Wait\n01/02/2026 10:00,Sales,Missed,10\n")
    proposed = vigie("sources", "map", path)
    assert (proposed.code, proposed.err.count("\n")) == (0, 1)
    assert "left open: [times] offered_at: how «Date» is written" in proposed.err
    assert '# offered_at = "%d/%m/%Y %H:%M"\n# offered_at = "%m/%d/%Y %H:%M"' in proposed.out
    mapping.write_text(proposed.out)
    asked = load(vigie, path, mapping)
    assert (asked.code, asked.out, asked.err.count("\n")) == (2, "", 1)
    assert "can be read in two ways" in asked.err
    mapping.write_text(proposed.out.replace('# offered_at = "%d', 'offered_at = "%d'))
    assert load(vigie, path, mapping).data["contacts"] == 1


def test_a_mapping_for_another_file_names_the_column_and_those_that_exist(
    vigie: Vigie, tmp_path: Path
) -> None:
    mapping = tmp_path / "map.toml"
    vigie("sources", "map", french_calls(tmp_path), "--out", mapping)
    answer = load(vigie, american_calls(tmp_path), mapping)
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "has no column «Date d'appel»; it has: Call ID, Start Time, Queue" in answer.err


def test_no_identity_of_a_customer_and_no_note_is_printed(vigie: Vigie, tmp_path: Path) -> None:
    printed = vigie("sources", "map", french_calls(tmp_path)).out
    assert "«Note»" in printed
    assert "+336" not in printed
    assert "déjà" not in printed


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (None, 2, "there is no file"),
        (b"", 1, "has no column of dates"),
        (b"name,age\nAnn,40\n", 1, "it has: name, age"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), 1, "has no column of dates"),
        (b"PK\x03\x04 no workbook", 1, "cannot be read as a workbook"),
    ],
)
def test_what_is_no_table_of_contacts_is_one_clear_line(
    vigie: Vigie, tmp_path: Path, content: bytes | None, code: int, says: str
) -> None:
    if content is not None:
        (tmp_path / "file").write_bytes(content)
    answer = vigie("sources", "map", tmp_path / "file")
    assert (answer.code, answer.out, answer.err.count("\n")) == (code, "", 1)
    assert says in answer.err


def test_a_file_that_exists_is_not_written_over(vigie: Vigie, tmp_path: Path) -> None:
    path = french_calls(tmp_path)
    answer = vigie("sources", "map", path, "--out", path)
    assert (answer.code, answer.out) == (2, "")
    assert path.read_bytes().startswith(b"Date d'appel")


def test_another_connector_takes_no_mapping(vigie: Vigie, tmp_path: Path) -> None:
    (path := tmp_path / "log").write_text("x")
    words = ("--source", "s", "--mapping", path)
    answer = vigie("load", "asterisk-queue-log", path, *words)
    assert answer.code == 2
    assert "takes no --mapping; «table» does" in answer.err
