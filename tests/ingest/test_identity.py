"""Two spellings of one identity are one; what names nobody is none."""

from __future__ import annotations

import random

import phonenumbers
import pytest

from app.errors import WrongUse
from app.settings import load_settings
from ingest.connector import Source
from ingest.database import Database
from ingest.events import Identity
from ingest.identity import masked, normalised, sealed
from ingest.store import Store
from tests.ingest.telling import KEY, NOW, source, store, told

SECRET = b"k" * 32


@pytest.mark.parametrize(
    "spelling",
    [
        "+33639981234", "0639981234", "06 39 98 12 34", "06.39.98.12.34", "+33 6 39 98 12 34",
        "+33 (0)6 39 98 12 34", "0033639981234", "33639981234", "tel:+33639981234",
        "sip:+33639981234@pbx.example.org", "+330639981234", "０６３９９８１２３４",
    ],
)  # fmt: skip
def test_every_spelling_of_a_number_is_the_same_identity(spelling: str) -> None:
    assert normalised(Identity("phone", spelling)) == ("phone", "+33639981234")


def test_a_whatsapp_id_is_the_identity_of_that_number() -> None:
    called = sealed(Identity("phone", "06 39 98 12 34"), SECRET)
    assert called is not None
    for told_as in ("33639981234", "+33639981234"):
        assert sealed(Identity("whatsapp", told_as), SECRET) == called
    # The country comes first in such an id, whatever the source's region.
    assert normalised(Identity("whatsapp", "4915155001234"), "FR") == ("phone", "+4915155001234")
    assert normalised(Identity("whatsapp", "14155550123"), "FR") == ("phone", "+14155550123")


def test_a_number_without_a_country_is_of_the_sources_region() -> None:
    assert normalised(Identity("phone", "02 123 45 67"), "BE") == ("phone", "+3221234567")
    assert normalised(Identity("phone", "(415) 555-2671"), "US") == ("phone", "+14155552671")
    assert normalised(Identity("phone", "06 6982"), "IT") == ("phone", "+39066982")


def test_plain_numbers_are_read_as_libphonenumber_reads_them() -> None:
    draw = random.Random(4)
    for _ in range(2000):
        for number in (
            f"+33{draw.randrange(10**8, 10**9)}", f"0{draw.randrange(10**8, 10**9)}",
            f"+1{draw.randrange(2 * 10**9, 10**10)}", f"+44{draw.randrange(10**9, 10**10)}",
        ):  # fmt: skip
            parsed = phonenumbers.parse(number, "FR")
            expected = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
            assert normalised(Identity("phone", number)) == ("phone", expected)


@pytest.mark.parametrize(
    "value",
    ["anonymous", "Anonymous", "unknown", "withheld", "", "+33000000000", "0000000000", "00", "-1",
     "+33111111111", "201", "asterisk", "s", "sip:anonymous@anonymous.invalid", "+" * 300],
)  # fmt: skip
def test_a_withheld_or_impossible_number_is_no_identity(value: str) -> None:
    assert sealed(Identity("phone", value), SECRET) is None


@pytest.mark.parametrize(
    "value",
    ["", "no address", "@example.org", "anonymous@anonymous.invalid", "noreply@shop.example",
     "No-Reply+17@shop.example", "MAILER-DAEMON@mx.example", "unknown@example.org"],
)  # fmt: skip
def test_the_address_of_nobody_is_no_identity(value: str) -> None:
    assert sealed(Identity("email", value), SECRET) is None


@pytest.mark.parametrize("value", ["", "0", "000000", " - ", "null", "N/A", "Unknown"])
def test_an_empty_id_is_no_identity(value: str) -> None:
    assert sealed(Identity("crm", value), SECRET) is None


def test_an_address_is_the_same_in_any_case_and_dress() -> None:
    for spelling in ("Ada@Example.org", " ada@example.org ", "mailto:ada@example.org",
                     "Ada L. <ada@example.org>"):  # fmt: skip
        assert normalised(Identity("email", spelling)) == ("email", "ada@example.org")


def test_the_same_value_of_two_kinds_is_two_identities() -> None:
    assert sealed(Identity("crm", "1234"), SECRET) != sealed(Identity("telegram", "1234"), SECRET)


def test_another_key_gives_another_hash_and_the_mask_hides_the_middle() -> None:
    one = sealed(Identity("phone", "+33639981234"), SECRET)
    other = sealed(Identity("phone", "+33639981234"), b"x" * 32)
    assert one is not None
    assert other is not None
    assert one[1] != other[1]
    assert one[2] == other[2] == "+33•••34"
    assert masked("email", "ada@example.org") == "a•••@example.org"
    assert masked("crm", "C17") == "•••"


def test_identities_of_nobody_are_not_stored(database: Database) -> None:
    nobody = (Identity("phone", "anonymous"), Identity("crm", "0"))
    events = [told(0, "queued", identities=nobody), told(5, "answered", identities=nobody[:1])]
    store(database).write(source(), events, now=NOW)
    with database.connect() as connection:
        assert connection.execute("select identities from events").fetchall() == [(None,), (None,)]


def test_the_region_of_the_source_stands_before_that_of_the_site(database: Database) -> None:
    local = told(0, "queued", identities=(Identity("phone", "02 123 45 67"),))
    whole = told(0, "queued", identities=(Identity("phone", "+3221234567"),))
    writer = Store(database, key=KEY, region="BE")
    writer.write(Source("site", "test"), [local], now=NOW)
    writer.write(Source("own", "test", options={"region": "FR"}), [local], now=NOW)
    writer.write(Source("whole", "test"), [whole], now=NOW)
    with database.connect() as connection:
        query = "select source, identities->0->>1 from events"
        told_by = dict(connection.execute(query).fetchall())
    assert told_by["site"] == told_by["whole"] != told_by["own"]


def test_a_country_that_there_is_not_is_refused(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("VIGIE_HOME", str(home))
    monkeypatch.delenv("VIGIE_CONFIG", raising=False)
    (home / "vigie.toml").write_text('[sources.pbx]\nconnector = "imap"\nregion = "be"\n')
    assert load_settings().sources()["pbx"].options["region"] == "BE"
    (home / "vigie.toml").write_text('[sources.pbx]\nconnector = "imap"\nregion = "Belgium"\n')
    with pytest.raises(WrongUse, match=r"pbx.*no country «Belgium»"):
        load_settings().sources()
    monkeypatch.setenv("VIGIE_REGION", "XX")
    with pytest.raises(WrongUse, match=r"region.*no country «XX»"):
        load_settings()
