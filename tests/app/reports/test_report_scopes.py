"""A report of a scope holds nothing of another: its numbers are those of a house without it."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta

import pytest
from msgspec.structs import replace

from app.access.scopes import Scope
from app.bootstrap import House
from app.errors import Forbidden
from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from app.reports.asking import Asked
from app.reports.model import Content
from app.reports.scope import bounded, slug
from app.reports.writer import period_of, render, write
from ingest.connector import Source
from ingest.events import Event
from tests.app.reports.telling import LATER, PARIS, TUESDAY, hours, rows, table

#: Stands in every text of what is not of the scope.
CANARY = "kanarek"
LYON = Scope(sites=("Lyon",), channels=("chat", "phone"))
WEEK = timedelta(days=7)


def at(site: str, events: list[Event]) -> list[Event]:
    return [
        replace(
            event, site=site, event_id=f"{site}-{event.event_id}",
            contact_id=f"{site}-{event.contact_id}",
        )
        for event in events
    ]  # fmt: skip


def mine() -> list[Event]:
    return [*at("Lyon", hours(TUESDAY, 8, 18)), *at("Lyon", hours(TUESDAY, 12, 18, "chat")),
            *at("Lyon", hours(TUESDAY - WEEK, 8, 18))]  # fmt: skip


def others() -> list[Event]:
    words = {"queue": CANARY, "reason": CANARY}
    return [
        *at("Lyon", hours(TUESDAY, 9, 12, f"{CANARY}-mail", **words)),
        *at(CANARY, hours(TUESDAY, 8, 18, **words)),
        *at(CANARY, hours(TUESDAY - WEEK, 0, 24, **words)),
    ]


def told(house: House, source: str, events: list[Event]) -> None:
    house.store.load(Source(source, "simulator"), events, now=LATER)


def switched(house: House) -> None:
    """Another channel is tucked away on the day."""
    service, ana = ExposureService(house.database), Actor("user", "ana", ("admin",))
    now = period_of("daily", str(TUESDAY), None, PARIS, LATER).span.start + timedelta(hours=9)
    for channel, why in (("email", CANARY), ("chat", "storm")):
        change = Change(
            channel=channel, state=State.TUCKED, why=why, owner=why,
            expires_at=now + timedelta(hours=1),
        )  # fmt: skip
        service.set(change, ana, now, key=channel)


def content(house: House, scope: Scope) -> Content:
    period = period_of("daily", str(TUESDAY), None, PARIS, LATER)
    return write(house.database.engine, Asked("daily", period, PARIS, "en", LATER, scope))


def text_of(content: Content, format: str) -> str:
    """All that a reader finds in the file."""
    written = render(content, format)
    if format != "xlsx":
        return written.decode()
    with zipfile.ZipFile(io.BytesIO(written)) as book:
        return " ".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())


def test_a_report_of_a_scope_is_that_of_a_house_where_nothing_else_is(house: House) -> None:
    told(house, "mine", mine())
    alone = content(house, LYON)
    told(house, CANARY, others())
    told(house, "mine", at("Lyon", hours(TUESDAY, 9, 10, f"{CANARY}-fax", queue=CANARY)))
    switched(house)
    among = content(house, LYON)
    for key in ("channels", "queues", "reasons", "sites", "by_hour", "by_15min", "identity",
                "channels_by_hour", "channels_before", "silences", "sources"):  # fmt: skip
        assert table(among, key).rows == table(alone, key).rows, key
    assert [row["scope"] for row in rows(table(among, "switches"))] == ["Chat"]
    assert [row["effect"] for row in rows(table(among, "switches"))] == ["told for all sites only"]
    for format in ("csv", "html", "json", "xlsx"):
        assert not re.search(CANARY, text_of(among, format), re.IGNORECASE), format
    assert table(content(house, Scope()), "channels").rows != table(among, "channels").rows


def test_a_scope_of_channels_tells_what_followed_on_them_alone(house: House) -> None:
    told(house, "mine", [*mine(), *others()])
    switched(house)
    chat = content(house, Scope(channels=("chat",)))
    [row] = rows(table(chat, "switches"))
    assert str(row["effect"]).startswith("Chat:")
    assert {row["channel"] for row in rows(table(chat, "effects"))} == {"chat"}


def test_it_says_of_what_it_is_and_its_file_too(house: House) -> None:
    told(house, "mine", mine())
    lyon = content(house, LYON)
    assert lyon.stamp[0] == "Only Lyon · Chat, Phone"
    assert lyon.name == "vigie-daily-2024-03-12-lyon-chat-phone"
    assert content(house, Scope()).name == "vigie-daily-2024-03-12"


@pytest.mark.parametrize(
    ("site", "name"),
    [
        ("../../etc/passwd", "etc-passwd"), ("a\"; filename=x.exe", "a-filename-x-exe"),
        ("Évry – Courcouronnes", "evry-courcouronnes"), ("日本語", ""), ("x" * 99, "x" * 40),
        ("\u202egpj.exe", "gpj-exe"),
    ],
)  # fmt: skip
def test_no_trick_of_a_name_gets_into_that_of_a_file(site: str, name: str) -> None:
    assert slug(Scope(sites=(site,))) == name


@pytest.mark.parametrize(
    ("wanted", "own", "found"),
    [
        (Scope(), Scope(), Scope()),
        (Scope(), LYON, LYON),
        (Scope(channels=("chat",)), LYON, Scope(("Lyon",), ("chat",))),
        (LYON, Scope(), LYON),
    ],
)
def test_what_somebody_did_not_name_is_all_of_theirs(
    wanted: Scope, own: Scope, found: Scope
) -> None:
    assert bounded(wanted, own) == found


@pytest.mark.parametrize("wanted", [Scope(sites=("Paris",)), Scope(("Lyon",), ("email", "chat"))])
def test_nobody_gets_a_report_of_what_they_do_not_see(wanted: Scope) -> None:
    with pytest.raises(Forbidden, match="is not yours"):
        bounded(wanted, LYON)
