"""E-mails through a real SMTP server: once each, whatever dies, to allowed domains only."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from msgspec.structs import replace

from app.alerts import mailbox
from app.alerts.book import AlertBook
from app.alerts.errors import InvalidAlert
from app.alerts.mailing import Postman
from app.alerts.model import tidy_alert
from app.alerts.records import Firing
from app.bootstrap import House
from app.duties import forget_alert_mails, send_alert_mails
from app.errors import WrongUse
from app.exposure.desk import reading
from app.settings import Settings
from app.smtp import Post
from tests.app.alerts.conftest import ANA, SOURCE, WAITS, Look, after
from tests.app.mail_server import Inbox, serving
from tests.kpis.telling import MONDAY, contact

TO_SAM = replace(WAITS, held_s=0, mail=("sam@example.com", "kim@example.com"))
DOMAINS = frozenset({"example.com"})


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def post(inbox: Inbox) -> Iterator[Post]:
    """The way to a mail server."""
    for port in serving(inbox):
        yield Post.of(f"smtp://127.0.0.1:{port}", "vigie@example.com")


def compose(firing: Firing) -> tuple[str, str]:
    return f"{firing.alert.name}\r\nBcc: all@example.com", f"value {firing.value:g}"


def postman(house: House, post: Post, lease_s: float = 60) -> Postman:
    return Postman(house.database, post, DOMAINS, compose, lease_s, jitter=lambda low, high: high)


@pytest.fixture
def fired(house: House, book: AlertBook, look: Look) -> Firing:
    """An alert that mails two people has fired."""
    house.store.write(SOURCE, contact("waits", MONDAY, None), now=MONDAY)
    book.save(TO_SAM, ANA, MONDAY)
    look(7)
    (firing,) = book.firing()
    return firing


def states(house: House) -> dict[str, int]:
    with reading(house.database) as desk:
        return mailbox.counts(desk.rows)


def test_everybody_is_mailed_once_however_often_and_by_however_many(
    house: House, look: Look, fired: Firing, inbox: Inbox, post: Post
) -> None:
    with ThreadPoolExecutor(4) as pool:
        turns = [pool.submit(postman(house, post).turn, after(7)) for _ in range(8)]
        assert sum(turn.result() for turn in turns) == 2
    look(8)
    assert postman(house, post).turn(after(9)) == 0
    assert sorted(letter["To"] for letter in inbox.letters) == [
        "kim@example.com",
        "sam@example.com",
    ]
    assert states(house) == {"sent": 2}


def test_a_letter_says_what_fired_and_its_head_cannot_be_broken_into(
    house: House, fired: Firing, inbox: Inbox, post: Post
) -> None:
    postman(house, post).turn(after(7))
    letter = inbox.letters[0]
    assert letter["Subject"] == "long-wait Bcc: all@example.com"
    assert (letter["Bcc"], letter["From"]) == (None, "vigie@example.com")
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "value 420" in letter.get_payload()


def test_one_that_is_refused_for_now_is_tried_again_later_under_the_same_id(
    house: House, fired: Firing, inbox: Inbox, post: Post
) -> None:
    inbox.answers = ["451 busy"]
    assert postman(house, post).turn(after(7)) == 1
    assert states(house) == {"sent": 1, "waiting": 1}
    assert postman(house, post).turn(after(7)) == 0
    assert postman(house, post).turn(after(8)) == 1
    assert len({letter["Message-ID"] for letter in inbox.letters}) == 2


def test_one_that_is_refused_for_good_is_given_up(
    house: House, fired: Firing, inbox: Inbox, post: Post
) -> None:
    inbox.answers = ["550 no such person"]
    postman(house, post).turn(after(7))
    assert states(house) == {"dead": 1, "sent": 1}


def test_whoever_was_mailed_a_month_ago_is_forgotten(
    house: House, fired: Firing, inbox: Inbox, post: Post
) -> None:
    postman(house, post).turn(after(7))
    forget_alert_mails.run(house, after(7 + 29 * 1440))
    assert states(house) == {"sent": 2}
    forget_alert_mails.run(house, after(7 + 31 * 1440))
    assert states(house) == {}


def test_a_sender_that_died_before_it_sent_is_followed_by_another_after_its_lease(
    house: House, fired: Firing, inbox: Inbox, post: Post
) -> None:
    with reading(house.database) as desk:
        for _ in TO_SAM.mail:
            assert mailbox.take(desk.rows, "died", after(7), lease_s=0.0) is not None
    assert postman(house, post).turn(after(8)) == 2
    with reading(house.database) as desk:
        late = mailbox.Mail(1, fired.id, "sam@example.com", "m", 1)
        settled = mailbox.settle(desk.rows, late, "died", "waiting", after(9), "late", after(9))
    assert settled is False
    assert states(house) == {"sent": 2}


def test_nobody_is_mailed_whose_domain_is_not_allowed_any_more(
    house: House, fired: Firing, inbox: Inbox, post: Post
) -> None:
    strict = Postman(house.database, post, frozenset({"example.org"}), compose)
    assert strict.turn(after(7)) == 0
    assert (inbox.letters, states(house)) == ([], {"dead": 2})


@pytest.mark.parametrize(
    "address",
    [
        "eve@elsewhere.com", "sam@example.com.evil.org", "sam@example.com\r\nBcc: x@y.z",
        "Sam <sam@example.com>", "@example.com", "sam@EXAMPLE.org",
    ],
)  # fmt: skip
def test_an_alert_mails_plain_addresses_in_allowed_domains_only(address: str) -> None:
    with pytest.raises(InvalidAlert, match="may not be mailed"):
        tidy_alert(replace(WAITS, mail=(address,)), DOMAINS)


def test_a_password_is_not_told_to_a_server_without_tls(
    house: House, fired: Firing, inbox: Inbox
) -> None:
    heard: list[object] = []

    def hears(server: SMTP, session: Session, envelope: Envelope, how: str, who: object) -> object:
        heard.append(who)
        return AuthResult(success=True)

    for port in serving(inbox, authenticator=hears, auth_require_tls=False):
        bare = Post.of(f"smtp://vigie:secret@127.0.0.1:{port}", "vigie@example.com")
        assert postman(house, bare).turn(after(7)) == 0
    assert (heard, inbox.letters, states(house)) == ([], [], {"waiting": 2})


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("http://mail", "a@b.fr"), ("smtp://", "a@b.fr"), ("smtp://mail:x", "a@b.fr"),
        ("smtp://mail", ""),
    ],
)  # fmt: skip
def test_a_mail_server_that_cannot_be_one_is_told_in_a_line(url: str, sender: str) -> None:
    with pytest.raises(WrongUse, match="VIGIE_"):
        Post.of(url, sender)


def test_the_duty_mails_in_the_language_of_the_site(
    house: House, fired: Firing, inbox: Inbox, post: Post
) -> None:
    told = {
        "smtp_url": f"smtp://127.0.0.1:{post.port}", "mail_from": "vigie@example.com",
        "mail_domains": "example.com", "language": "fr",
    }  # fmt: skip
    settings = Settings(**(house.settings.model_dump() | told))
    send_alert_mails.run(House(settings, house.database, house.store), after(7))
    assert inbox.letters[0]["Subject"] == "Vigie : Plus longue attente, Téléphone : 7:00"
    send_alert_mails.run(house, after(8))  # no mail server is set: nothing, and no error
