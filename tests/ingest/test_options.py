"""A source's table is read the same way by every connector, and what is wrong is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.connector import Source
from ingest.errors import Fatal
from ingest.reading import options
from ingest.reading.cursors import decoded, encoded
from ingest.reading.object_folder import Mark


def source(**told: str | int | float | bool | list[str] | None) -> Source:
    return Source("mail", "imap", options=told)


@pytest.mark.parametrize(
    ("told", "text"),
    [("Care", "Care"), (12, "12"), ("", None), (None, None), (True, None), (["a"], None)],
)
def test_a_text_is_a_text_or_a_number(told: str | int | list[str] | None, text: str | None) -> None:
    assert options.text(source(queue=told), "queue") == text


def test_a_line_that_may_hold_several_may_hold_one() -> None:
    assert options.texts(source(own="@a.example"), "own") == ["@a.example"]
    assert options.texts(source(own=["a", "b"]), "own") == ["a", "b"]
    assert options.texts(source(own=""), "own") == options.texts(source(), "own") == []


def test_what_is_needed_and_lacks_is_said_with_an_example() -> None:
    with pytest.raises(Fatal) as caught:
        options.needed_path(source(), "/srv/exports")
    assert str(caught.value) == '[sources.mail] needs a line path = "/srv/exports"'
    assert options.needed_path(source(path="/mnt"), "/srv/exports") == Path("/mnt")


@pytest.mark.parametrize("told", [0, -1, True, "7", float("nan"), float("inf"), 3_651])
def test_a_number_out_of_its_bounds_is_fatal(told: float | str) -> None:
    with pytest.raises(Fatal, match=r"\[sources.mail\] days must be a number above zero, to 3650"):
        options.number(source(days=told), "days", 7, 3_650)


@pytest.mark.parametrize("told", [0, 65_536, "993", 1.5, True])
def test_a_port_where_no_server_can_be_is_fatal(told: float | str) -> None:
    with pytest.raises(Fatal, match="port must be a number from 1 to 65535"):
        options.port(source(port=told), 993)


@pytest.mark.parametrize("told", ["maybe", "", True, None])
def test_a_word_that_is_none_of_the_list_is_fatal_and_never_the_usual_one(
    told: str | bool | None,
) -> None:
    with pytest.raises(Fatal, match=r"ssl is «.*»: use on, starttls or off"):
        options.one_of(source(ssl=told), "ssl", "on", "starttls", "off", usual="on")
    assert options.one_of(source(), "ssl", "on", "off", usual="off") == "off"


def test_certificates_that_cannot_be_read_are_for_a_person_to_mend(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for name in ("ca.pem", "missing.pem"):
        with pytest.raises(Fatal, match=r"\[sources.mail\] ca_file cannot be read: "):
            options.trusted(source(ca_file=str(tmp_path / name)))


def test_a_cursor_that_an_older_version_wrote_means_from_the_start() -> None:
    mark = Mark("2026/11/16/09", ("a",))
    assert decoded(encoded(mark), Mark) == mark
    for unreadable in (None, "", "{", '{"hour": 9}', "[]", "17"):
        assert decoded(unreadable, Mark) is None
