"""`vigie exposure` as a person at a terminal runs it."""

from __future__ import annotations

import csv
import getpass
import io
import json
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from ingest.database import Database
from tests.house import Vigie

CLOSE = (
    "set", "--channel", "phone", "--reason", "billing", "--state", "closed",
    "--why", "provider down", "--emergency",
)  # fmt: skip


TUCK = (*CLOSE, "--state", "tucked")


@pytest.fixture
def vigie(vigie: Vigie) -> Vigie:
    """Runs `vigie exposure …`."""
    return partial(vigie, "exposure")


def done(vigie: Vigie, *words: str) -> list[dict[str, object]]:
    """The rows of a command that succeeds."""
    code, out, err = vigie(*words, "--format", "json")
    assert code == 0, err
    rows = json.loads(out)
    assert isinstance(rows, list)
    return rows


def test_what_is_set_is_listed_undone_and_written_down(vigie: Vigie) -> None:
    before = datetime.now(UTC)
    (switch,) = done(vigie, *CLOSE, "--for", "30m", "--message-fr", "Bientôt")
    assert (switch["state"], switch["owner"]) == ("closed", getpass.getuser())
    expires = datetime.fromisoformat(str(switch["expires_at"]))
    assert timedelta(minutes=30) <= expires - before < timedelta(minutes=31)
    assert done(vigie, "list") == [switch]
    assert done(vigie, "revert", str(switch["id"]), "--actor", "night shift") == []
    assert done(vigie, "list") == []
    second, first = done(vigie, "history")
    assert (first["actor_kind"], first["actor_name"]) == ("cli", getpass.getuser())
    assert (second["action"], second["actor_name"]) == ("revert", "night shift")
    assert done(vigie, "verify") == [{"entries": 2, "problems": 0}]


def test_times_without_an_offset_are_the_sites(vigie: Vigie) -> None:
    (switch,) = done(
        vigie, *TUCK, "--from", "2030-07-01T08:00", "--until", "2030-07-01T18:00:00+00:00"
    )
    assert switch["starts_at"] == "2030-07-01T06:00:00+00:00"
    assert switch["expires_at"] == "2030-07-01T18:00:00+00:00"
    assert switch["in_force"] is False


def test_a_duration_counts_from_the_start(vigie: Vigie) -> None:
    (switch,) = done(vigie, *TUCK, "--from", "2030-07-01T08:00", "--for", "2h")
    assert switch["expires_at"] == "2030-07-01T08:00:00+00:00"


def test_tables_and_csv_say_the_same(vigie: Vigie) -> None:
    done(vigie, *CLOSE, "--for", "30m")
    _code, table, _err = vigie("list")
    assert "phone × billing × any × any" in table
    _code, out, _err = vigie("history", "--format", "csv")
    (entry,) = csv.DictReader(io.StringIO(out))
    assert (entry["before"], entry["after"], entry["why"]) == ("", "closed", "provider down")


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ((*CLOSE,), 2, "needs an expiry"),
        ((*CLOSE, "--for", "2w"), 2, "write 90s, 30m, 2h or 1d"),
        ((*CLOSE, "--for", "٣m"), 2, "write 90s, 30m, 2h or 1d"),
        ((*CLOSE, "--for", "0m"), 2, "is past"),
        ((*CLOSE, "--until", "tomorrow"), 2, "write 2026-11-22T14:30"),
        ((*CLOSE, "--for", "1h", "--until", "2030-01-01"), 2, "say one"),
        ((*CLOSE, "--for", "1h", "--share", "101"), 2, "use 0 to 100"),
        ((*CLOSE, "--for", "1h", "--segment", "kings"), 2, "there are: * (any), standard"),
        ((*CLOSE, "--for", "1h", "--expected-version", "7"), 1, "somebody was faster"),
        ((*CLOSE, "--for", "1h", "--actor", ""), 2, "name behind it"),
        ((*CLOSE, "--for", "1h", "--reason", "*", "--channel", "*"), 1, "last human channel"),
        (("revert", "7"), 1, "no switch 7"),
    ],
)
def test_a_refusal_is_one_line_and_the_right_exit_code(
    vigie: Vigie, words: tuple[str, ...], code: int, told: str
) -> None:
    found, out, err = vigie(*words)
    assert found == code
    assert out == ""
    assert told in err
    assert len(err.splitlines()) == 1


def test_an_audit_that_was_tampered_with_fails_the_command(
    vigie: Vigie, database: Database
) -> None:
    done(vigie, *CLOSE, "--for", "30m")
    with database.connect() as connection:
        connection.execute("update exposure_audit set why = 'nothing to see'")
    code, out, err = vigie("verify", "--format", "json")
    assert code == 1
    assert json.loads(out) == [{"entries": 1, "problems": 1}]
    assert "entry 1 has been altered" in err
