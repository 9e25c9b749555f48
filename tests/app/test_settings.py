"""Settings: the environment over vigie.toml over defaults; what is wrong is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.errors import WrongUse
from app.settings import load_settings

Write = Callable[[str], None]


@pytest.fixture
def toml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes the vigie.toml of a home of the test's own."""
    monkeypatch.setenv("VIGIE_HOME", str(tmp_path))
    for name in ("VIGIE_CONFIG", "VIGIE_ZONE", "VIGIE_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)

    def write(text: str) -> None:
        (tmp_path / "vigie.toml").write_text(text)

    return write


def test_the_environment_wins_over_the_file_and_the_file_over_defaults(
    toml: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (load_settings().zone, load_settings().language) == ("Europe/Paris", "fr")
    toml('[site]\nzone = "Asia/Tokyo"\nlanguage = "en"\n')
    monkeypatch.setenv("VIGIE_LANGUAGE", "fr")
    assert (load_settings().zone, load_settings().language) == ("Asia/Tokyo", "fr")


def test_a_source_is_in_the_sites_zone_and_has_its_secret_from_the_environment(
    toml: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml('[site]\nzone = "Asia/Tokyo"\n[sources.my-shop]\nconnector = "chatwoot"\nqueue = "q"\n')
    monkeypatch.setenv("VIGIE_SOURCE_MY_SHOP_SECRET", "hush")
    source = load_settings().sources()["my-shop"]
    assert (str(source.zone), source.secret) == ("Asia/Tokyo", "hush")
    assert source.options == {"queue": "q"}


@pytest.mark.parametrize("zone", ["Mars/Base", "Europe", "../etc/passwd", ""])
def test_a_zone_that_is_none_is_named_wherever_it_is_said(
    toml: Write, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    toml(f'[sources.pbx]\nconnector = "asterisk-queue-log"\nzone = "{zone}"\n')
    with pytest.raises(WrongUse, match=f"sources.pbx. no time zone «{zone}»"):
        load_settings().sources()
    monkeypatch.setenv("VIGIE_ZONE", zone)
    with pytest.raises(WrongUse, match=f"zone: .*no time zone «{zone}»"):
        load_settings()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sources = [", "not valid TOML"),
        ("[site]\nzoen = 'UTC'", "site.zoen"),
        ("[sorces.pbx]\nconnector = 'imap'", "sorces"),
        ("[sources.pbx]\nzone = 'UTC'", "needs a line connector"),
        ("[sources.pbx]\nconnector = 'imap'\nsecret = 'hush'", "VIGIE_SOURCE_PBX_SECRET"),
    ],
)
def test_a_wrong_file_is_one_line_that_names_what_is_wrong(
    toml: Write, text: str, told: str
) -> None:
    toml(text)
    with pytest.raises(WrongUse, match=told) as refused:
        load_settings().sources()
    assert "hush" not in str(refused.value)


def test_a_file_that_is_named_and_missing_is_no_default(
    toml: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VIGIE_CONFIG", str(tmp_path / "gone.toml"))
    with pytest.raises(WrongUse, match=r"gone\.toml.*VIGIE_CONFIG"):
        load_settings()


def test_a_file_in_another_encoding_is_named(toml: Write, tmp_path: Path) -> None:
    (tmp_path / "vigie.toml").write_bytes("[sources.étage]".encode("latin-1"))
    with pytest.raises(WrongUse, match=r"vigie\.toml is not valid TOML: 'utf-8'"):
        load_settings()


def test_an_empty_home_is_not_the_folder_we_happen_to_be_in(
    toml: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIGIE_HOME", "")
    with pytest.raises(WrongUse, match="VIGIE_HOME is empty: name a folder"):
        load_settings()


def test_what_a_source_asks_for_may_stand_beside_the_country_of_its_numbers(toml: Write) -> None:
    toml(
        '[sources.cloud]\nconnector = "genesys-cloud"\ndomain = "mypurecloud.de"\n'
        'client_id = "ours"\nregion = "de"\n'
    )
    cloud = load_settings().sources()["cloud"]
    assert (cloud.options["domain"], cloud.options["region"]) == ("mypurecloud.de", "DE")
