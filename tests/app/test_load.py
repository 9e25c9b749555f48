"""`vigie load`, `vigie quarantine`, `vigie sources`: as a person at a terminal runs them."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.database import Database
from tests.house import Answer, Vigie

SAMPLES = Path(__file__).parents[2] / "sample_data"
BANK = SAMPLES / "bank" / "regular.txt"
LOGS = SAMPLES / "asterisk"
ALL_NEW = {"received": 24, "new": 24, "duplicate": 0, "superseded": 0, "quarantined": 0}


def bank(vigie: Vigie, *paths: object) -> Answer:
    words = ("--source", "bank", "--zone", "Asia/Jerusalem", "--format", "json")
    return vigie("load", "bank-calls-1999", *paths, *words)


def pbx(vigie: Vigie, *paths: object) -> Answer:
    return vigie("load", "asterisk-queue-log", *paths, "--source", "pbx", "--format", "json")


# --- load ---------------------------------------------------------------------------------


def test_a_file_is_loaded_once_and_a_second_time_changes_nothing(vigie: Vigie) -> None:
    first, second = bank(vigie, BANK), bank(vigie, BANK)
    assert (first.code, first.err) == (0, "")
    assert first.data == {**ALL_NEW, "contacts": 10}
    assert second.data == {**ALL_NEW, "new": 0, "duplicate": 24, "contacts": 0}


def test_the_zone_says_when_a_local_time_was(vigie: Vigie, database: Database) -> None:
    bank(vigie, BANK)
    with database.connect() as connection:
        [(first,)] = connection.execute("select min(offered_at) from contacts").fetchall()
    assert first == datetime(1999, 1, 5, 6, 0, 20, tzinfo=UTC)


def test_several_files_and_folders_are_one_ledger(vigie: Vigie, tmp_path: Path) -> None:
    (inner := tmp_path / "logs" / "january").mkdir(parents=True)
    shutil.copy(LOGS / "regular.log", inner)
    (tmp_path / "logs" / ".hidden").write_text("no log")
    answer = pbx(vigie, tmp_path / "logs", LOGS / "regular.log", LOGS / "regular.log")
    assert answer.code == 0
    assert answer.data["received"] == 2 * answer.data["new"]


def test_a_file_of_another_format_is_named_and_the_others_are_loaded(vigie: Vigie) -> None:
    answer = pbx(vigie, BANK, LOGS / "regular.log")
    assert answer.code == 1
    assert answer.data["new"] > 30
    assert answer.err.count("\n") == 1
    assert f"{BANK} is not what was expected" in answer.err


def test_one_file_of_another_format_prints_no_ledger(vigie: Vigie) -> None:
    answer = pbx(vigie, BANK)
    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)


def test_a_broken_line_is_quarantined_and_its_neighbours_stored(vigie: Vigie) -> None:
    answer = pbx(vigie, LOGS / "broken.log")
    assert answer.code == 0
    assert answer.data["quarantined"] == 1
    assert answer.data["received"] == answer.data["new"] + 1


def test_a_table_is_printed_where_nothing_else_is_asked(vigie: Vigie) -> None:
    answer = vigie("load", "asterisk-queue-log", LOGS / "regular.log", "--source", "pbx")
    assert answer.code == 0
    assert "received" in answer.out
    assert "{" not in answer.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("nonsense", BANK, "--source", "s"), "asterisk-queue-log, bank-calls-1999"),
        (("chatwoot", BANK, "--source", "s"), "«chatwoot» reads no files"),
        (("bank-calls-1999", "/nowhere/at/all", "--source", "s"), "there is no /nowhere/at/all"),
        (("bank-calls-1999", BANK, "--source", "s", "--zone", "Moon/Base"), "IANA name"),
        (("bank-calls-1999", BANK, "--source", "s", "--zone", "../etc"), "IANA name"),
        (("bank-calls-1999", BANK, "--source", ""), "--source needs a printable name"),
        (("bank-calls-1999", BANK, "--source", "a\nb"), "--source needs a printable name"),
        (("bank-calls-1999", BANK), "--source"),
    ],
)
def test_wrong_use_is_one_clear_line_and_exit_2(
    vigie: Vigie, words: tuple[object, ...], says: str
) -> None:
    answer = vigie("load", *words)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert "Traceback" not in answer.err


def test_an_empty_folder_is_wrong_use(vigie: Vigie, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert pbx(vigie, tmp_path / "empty").code == 2


def test_a_configured_source_lends_its_zone_and_refuses_another_connector(
    vigie: Vigie, tmp_path: Path, database: Database
) -> None:
    (tmp_path / "vigie.toml").write_text(
        '[sources.bank]\nconnector = "bank-calls-1999"\nzone = "Asia/Jerusalem"\n'
    )
    assert vigie("load", "bank-calls-1999", BANK, "--source", "bank").code == 0
    assert bank(vigie, BANK).data["new"] == 0
    refused = vigie("load", "asterisk-queue-log", LOGS / "regular.log", "--source", "bank")
    assert refused.code == 2
    assert "configured for bank-calls-1999" in refused.err


def test_an_unreachable_database_is_one_clear_line(
    vigie: Vigie, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_DATABASE_URL", "postgresql://me:hush@127.0.0.1:1/none")
    answer = bank(vigie, BANK)
    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 1)
    assert "hush" not in answer.err


# --- quarantine ---------------------------------------------------------------------------


def test_what_was_refused_is_listed_and_shown_with_its_remedy(vigie: Vigie) -> None:
    pbx(vigie, LOGS / "broken.log")
    (row,) = vigie("quarantine", "list", "--format", "json").rows
    assert (row["source"], row["reason"], row["replayed_at"]) == ("pbx", "bad_record", None)
    (shown,) = vigie("quarantine", "show", row["id"], "--format", "json").rows
    assert shown["raw"] == "1704096312|1704095999.1|sales|Agent/1003"
    assert shown["remedy"]
    assert vigie("quarantine", "list", "--source", "bank", "--format", "json").rows == []


def test_a_list_that_is_cut_says_so_and_a_reason_that_is_none_names_those_there_are(
    vigie: Vigie, tmp_path: Path
) -> None:
    (log := tmp_path / "queue_log").write_text(
        (LOGS / "regular.log").read_text() + "1704096312|x|sales\nyesterday|y|sales|Ann|CONNECT\n"
    )
    pbx(vigie, log)
    whole = vigie("quarantine", "list", "--limit", 2, "--format", "json")
    cut = vigie("quarantine", "list", "--limit", 1, "--format", "json")
    assert (len(whole.rows), whole.err) == (2, "")
    assert (len(cut.rows), cut.rows[0]) == (1, whole.rows[0])
    assert "--limit shows more" in cut.err
    for deed in ("list", "replay"):
        refused = vigie("quarantine", deed, "--reason", "bad_luck")
        assert (refused.code, refused.out) == (2, "")
        assert "no reason «bad_luck»; there are: bad_duration" in refused.err


def test_an_unknown_entry_is_one_clear_line(vigie: Vigie) -> None:
    answer = vigie("quarantine", "show", 4711)
    assert (answer.code, answer.out) == (1, "")
    assert "vigie quarantine list" in answer.err


def test_what_is_refused_again_stays_and_the_ledger_with_it(vigie: Vigie) -> None:
    pbx(vigie, LOGS / "broken.log")
    before = vigie("sources", "list", "--format", "json").rows[0]["received"]
    for _ in range(2):
        (row,) = vigie("quarantine", "replay", "--zone", "UTC", "--format", "json").rows
        assert (row["new"], row["events"]) == (0, 0)
        assert "4 fields" in str(row["still_refused"])
    assert vigie("sources", "list", "--format", "json").rows[0]["received"] == before


def test_a_replay_of_all_means_all_and_begins_with_the_oldest(
    vigie: Vigie, database: Database
) -> None:
    pbx(vigie, LOGS / "regular.log")
    with database.connect(autocommit=True) as connection:
        connection.execute(
            """
            insert into quarantine (source, reason, detail, raw, sha256, received_at)
            select 'pbx', 'bad_record', 'cut', line, sha256(line), now()
            from generate_series(1, 1100) number
            cross join lateral (select convert_to(number || '|cut', 'UTF8') as line)
            """
        )
    done = vigie("quarantine", "replay", "--zone", "UTC", "--dry-run", "--format", "json").rows
    assert len(done) == 1100
    assert done == sorted(done, key=lambda row: str(row["id"]).zfill(10))


def test_what_a_newer_connector_understands_is_replayed_once(
    vigie: Vigie, database: Database
) -> None:
    row = BANK.read_bytes().splitlines()[2]
    bank(vigie, BANK.with_name("broken.txt"))
    with database.connect(autocommit=True) as connection:
        connection.execute("delete from quarantine")
        connection.execute(
            """
            insert into quarantine (source, reason, detail, raw, sha256, received_at)
            values ('bank', 'bad_record', 'not understood', %s, sha256(%s), now())
            """,
            (row.replace(b"\t502\t", b"\t999\t"),) * 2,
        )
    zone = ("--zone", "Asia/Jerusalem", "--format", "json")
    (tried,) = vigie("quarantine", "replay", "--dry-run", *zone).rows
    assert (tried["events"], tried["new"], tried["still_refused"]) == (3, 0, None)
    (done,) = vigie("quarantine", "replay", *zone).rows
    assert (done["events"], done["new"], done["still_refused"]) == (3, 3, None)
    assert vigie("quarantine", "replay", *zone).rows == []
    assert vigie("quarantine", "list", "--format", "json").rows == []


def test_a_replay_without_a_zone_asks_for_it(vigie: Vigie) -> None:
    pbx(vigie, LOGS / "broken.log")
    answer = vigie("quarantine", "replay")
    assert answer.code == 2
    assert "--zone" in answer.err


def test_a_purge_forgets_what_is_old_only(vigie: Vigie, database: Database) -> None:
    pbx(vigie, LOGS / "broken.log")
    assert vigie("quarantine", "purge", "--format", "json").rows == [{"purged": 0}]
    with database.connect(autocommit=True) as connection:
        connection.execute("update quarantine set received_at = now() - interval '31 days'")
    assert vigie("quarantine", "purge", "--format", "json").rows == [{"purged": 1}]


@pytest.mark.parametrize("days", ["-1", "99999999999"])
def test_a_purge_of_no_number_of_days_is_wrong_use(vigie: Vigie, days: str) -> None:
    answer = vigie("quarantine", "purge", "--older-than", days)
    assert (answer.code, answer.out) == (2, "")
    assert "--older-than" in answer.err


# --- sources ------------------------------------------------------------------------------


def test_sources_are_listed_with_todays_ledger(vigie: Vigie) -> None:
    bank(vigie, BANK)
    (row,) = vigie("sources", "list", "--format", "json").rows
    assert {name: row[name] for name in ALL_NEW} == ALL_NEW
    assert row["connector"] == "bank-calls-1999"
    assert str(row["last_event_at"]).startswith("1999-01-06T13:20:15")
    assert vigie("sources", "check").code == 0


def test_a_check_of_no_source_says_where_one_is_written(vigie: Vigie, tmp_path: Path) -> None:
    answer = vigie("sources", "check")
    assert (answer.code, str(tmp_path / "vigie.toml") in answer.err) == (0, True)
    (tmp_path / "vigie.toml").write_text('[sources.archive]\nconnector = "mbox"\n')
    assert vigie("sources", "check").err == ""


def test_a_source_without_its_secret_or_connector_needs_attention(
    vigie: Vigie, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "vigie.toml").write_text(
        '[sources.chat]\nconnector = "chatwoot"\n[sources.fax]\nconnector = "fax"\n'
    )
    answer = vigie("sources", "check", "--format", "json")
    assert answer.code == 1
    troubles = {row["source"]: str(row["trouble"]) for row in answer.rows}
    assert "VIGIE_SOURCE_CHAT_SECRET" in troubles["chat"]
    assert "no connector «fax»" in troubles["fax"]
    monkeypatch.setenv("VIGIE_SOURCE_CHAT_SECRET", "whispered")
    (tmp_path / "vigie.toml").write_text('[sources.chat]\nconnector = "chatwoot"\n')
    assert vigie("sources", "check").code == 0


@pytest.mark.parametrize(
    ("table", "lacks"),
    [
        ('connector = "asterisk-queue-log"', 'needs a line path = "/var/log/asterisk/queue_log"'),
        ('connector = "imap"\nuser = "me"', 'needs a line host = "…"'),
        ('connector = "imap"\nhost = "mail"', 'needs a line user = "…"'),
        ('connector = "imap"\nhost = "mail"\nuser = "me"', "has no password"),
        ('connector = "bank-calls-1999"', None),
    ],
)
def test_a_pulled_source_that_lacks_what_a_pull_needs_is_told_before_the_first_one(
    vigie: Vigie, tmp_path: Path, table: str, lacks: str | None
) -> None:
    (tmp_path / "vigie.toml").write_text(f"[sources.new]\n{table}\n")
    answer = vigie("sources", "check", "--format", "json")
    [row] = answer.rows
    assert answer.code == (0 if lacks is None else 1)
    assert lacks in str(row["trouble"]) if lacks else row["trouble"] is None


def test_a_device_is_no_file(vigie: Vigie) -> None:
    answer = vigie("load", "table", "/dev/zero", "--source", "endless")
    assert (answer.code, answer.out) == (2, "")
    assert "device" in answer.err
