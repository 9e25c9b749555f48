"""Which connector may load into which configured source."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import WrongUse
from app.named_source import named_source
from app.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "vigie.toml").write_text(
        '[sources.care]\nconnector = "imap"\nhost = "mail"\nuser = "care@example.com"\n'
        '[sources.pbx]\nconnector = "asterisk-ami"\nhost = "pbx"\nuser = "vigie"\n'
    )
    return Settings(home=tmp_path)


def test_an_archive_may_be_loaded_into_the_source_of_its_mailbox(settings: Settings) -> None:
    assert named_source(settings, "care", "mbox", None).options["user"] == "care@example.com"


@pytest.mark.parametrize("connector", ["asterisk-queue-log", "mbox"])
def test_what_has_other_ids_may_not(settings: Settings, connector: str) -> None:
    with pytest.raises(WrongUse, match="configured for asterisk-ami"):
        named_source(settings, "pbx", connector, None)
