"""Mail read from a real IMAP server."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event as Stop

import pytest
from dovecot import PASSWORD, Dovecot
from relay import Relay

from ingest.connector import Page, Source, connector_named
from ingest.connectors.imap import Imap
from ingest.database import Database
from ingest.errors import Fatal, Retriable
from ingest.events import Event, Rejected, check
from ingest.store import Store
from ingest.worker import Worker
from tests.ingest.worker.shelf import until

SAMPLES = Path(__file__).parents[3] / "sample_data" / "email"
RECEIVED = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


#: Counted in the files with grep: five of @example.com that are no list's (ours); delivery
#: reports and empty return paths; X-Autoreply or Auto-Submitted; Precedence: bulk in the header.
REAL_KINDS = {"message_in": 48, "message_out": 5, "bounce": 5, "auto_reply": 3, "list_mail": 2}


def source_at(dovecot: Dovecot, secret: str | None = PASSWORD, **options: object) -> Source:
    usual = {"host": "127.0.0.1", "port": dovecot.port, "user": dovecot.user, "ssl": "off"}
    own = {"own": ["@example.com"], "timeout_s": 10}
    return Source("mail", "imap", secret=secret, options={**usual, **own, **options})  # type: ignore[dict-item]


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.eml").read_bytes()


def ids(page: Page) -> list[str]:
    assert all(isinstance(each, Event) for each in page.parsed), page.parsed
    return [each.event_id for each in page.parsed if isinstance(each, Event)]


def numbered(number: int) -> bytes:
    return f"From: a@b.example\r\nMessage-ID: <{number}@b.example>\r\n\r\nBonjour".encode()


def test_a_question_and_our_answer_in_the_sent_folder_are_one_thread(dovecot: Dovecot) -> None:
    dovecot.deliver(sample("question"))
    dovecot.deliver(sample("reply"), "Sent")

    page = Imap().pull(source_at(dovecot), None)

    assert [(e.kind, e.contact_id) for e in page.parsed if isinstance(e, Event)] == [
        ("message_in", "question-1@example.org"),
        ("message_out", "question-1@example.org"),
    ]


def test_reading_goes_on_where_it_stopped(dovecot: Dovecot) -> None:
    source = source_at(dovecot)
    dovecot.deliver(numbered(1))
    first = Imap().pull(source, None)
    nothing = Imap().pull(source, first.cursor)
    dovecot.deliver(numbered(2))

    assert ids(first) == ["1@b.example"]
    assert (nothing.parsed, nothing.cursor) == ([], first.cursor)
    assert ids(Imap().pull(source, nothing.cursor)) == ["2@b.example"]


def test_a_page_is_bounded_and_says_that_there_is_more(dovecot: Dovecot) -> None:
    source = source_at(dovecot, page_size=2)
    for number in range(4):
        dovecot.deliver(numbered(number))
    dovecot.deliver(sample("reply"), "Sent")

    pages = [Imap().pull(source, None)]
    while pages[-1].more:
        pages.append(Imap().pull(source, pages[-1].cursor))

    assert [len(page.parsed) for page in pages] == [2, 2, 1]
    assert len({each for page in pages for each in ids(page)}) == 5


def test_reading_marks_nothing_as_seen(dovecot: Dovecot) -> None:
    dovecot.deliver(sample("question"))
    dovecot.deliver(sample("no_message_id"))

    Imap().pull(source_at(dovecot), None)

    with dovecot.account() as mailbox:
        assert [message.flags for message in mailbox.fetch(mark_seen=False)] == [(), ()]


def test_a_folder_made_anew_is_read_again_under_the_same_ids(dovecot: Dovecot) -> None:
    source = source_at(dovecot, folders=["Billing"])
    with dovecot.account() as mailbox:
        mailbox.folder.create("Billing")
    for number in (1, 2, 3):
        dovecot.deliver(numbered(number), "Billing")
    before = Imap().pull(source, None)
    with dovecot.account() as mailbox:
        mailbox.folder.delete("Billing")
        mailbox.folder.create("Billing")
    dovecot.deliver(numbered(1), "Billing")

    after = Imap().pull(source, before.cursor)

    marks = [json.loads(page.cursor)["Billing"] for page in (before, after)]
    assert marks[0]["uidvalidity"] != marks[1]["uidvalidity"]
    assert ids(after) == ["1@b.example"]
    assert after.parsed[0] == before.parsed[0]


def test_a_mail_moved_between_two_folders_is_the_same_event(dovecot: Dovecot) -> None:
    with dovecot.account() as mailbox:
        mailbox.folder.create("Billing")
    source = source_at(dovecot, folders=["INBOX", "Billing"], queue="care")
    dovecot.deliver(sample("question"))
    first = Imap().pull(source, None)
    with dovecot.account() as mailbox:
        mailbox.move("1", "Billing")

    assert Imap().pull(source, first.cursor).parsed == first.parsed


def test_a_mail_without_id_is_told_from_its_twin_by_its_text(dovecot: Dovecot) -> None:
    header = b"From: a@b.example\r\nSubject: Colis\r\n\r\n"
    for text in (b"Perdu", b"Retrouve", b"Perdu"):
        dovecot.deliver(header + text)

    first, second, third = ids(Imap().pull(source_at(dovecot), None))

    assert first == third
    assert first != second


def test_without_a_date_the_moment_of_receipt_counts(dovecot: Dovecot) -> None:
    dovecot.deliver(sample("no_date"), at=RECEIVED)

    [event] = Imap().pull(source_at(dovecot), None).parsed

    assert isinstance(event, Event)
    assert event.occurred_at == RECEIVED


def test_a_sent_folder_of_another_name_is_read_as_ours(dovecot: Dovecot) -> None:
    with dovecot.account() as mailbox:
        mailbox.folder.create("Envoyés & traités")
    dovecot.deliver(numbered(1), "Envoyés & traités")

    page = Imap().pull(source_at(dovecot, sent="Envoyés & traités"), None)

    assert [each.kind for each in page.parsed if isinstance(each, Event)] == ["message_out"]


def test_every_real_mail_passes_through_the_server(
    dovecot: Dovecot, shared_data: Callable[[str], Path]
) -> None:
    files = [*shared_data("email").rglob("*.txt"), *shared_data("chatwoot/eml").glob("*.eml")]
    with dovecot.account() as mailbox:
        for file in sorted(files):
            mailbox.append(file.read_bytes(), "INBOX", dt=RECEIVED)

    page = Imap().pull(source_at(dovecot, keep_subject=True), None)

    events = [each for each in page.parsed if isinstance(each, Event)]
    (refused,) = [each for each in page.parsed if isinstance(each, Rejected)]
    assert (len(files), len(events)) == (64, 63)
    assert Counter(event.kind for event in events) == REAL_KINDS
    for event in events:
        check(event, RECEIVED)
    # The text of a mailing list's welcome, without any header: no mail.
    assert refused.reason == "bad_mail"
    assert refused.raw.startswith(b"Send Ppp mailing list submissions to")


# --- into the database ------------------------------------------------------------


def test_the_worker_makes_contacts_of_mails_and_reading_again_changes_nothing(
    dovecot: Dovecot, database: Database
) -> None:
    source = source_at(dovecot, queue="care")
    for name in ("question", "follow_up", "out_of_office", "bounce", "newsletter", "contact_form"):
        dovecot.deliver(sample(name), at=datetime(2026, 7, 2, 12, tzinfo=UTC))
    dovecot.deliver(sample("reply"), "Sent")
    worker = Worker(database, Store(database, key=b"of the tests"), [source])
    worker.once()
    first = contacts(database)
    with database.connect() as connection:
        connection.execute("update sources set cursor = null")

    worker.once()
    worker.stop()

    half_past_seven, ten = datetime(2026, 7, 1, 7, 30, tzinfo=UTC), RECEIVED - timedelta(hours=2)
    assert first == [
        ("form-1@example.com", "care", "open", half_past_seven, None),
        ("question-1@example.org", "care", "answered", ten, RECEIVED + timedelta(minutes=30)),
    ]
    assert contacts(database) == first


def contacts(database: Database) -> list[tuple[object, ...]]:
    with database.connect() as connection:
        return connection.execute(
            "select contact_id, queue, outcome, offered_at, answered_at from contacts"
            " where offered_at is not null order by contact_id, turn"
        ).fetchall()


# --- followed ---------------------------------------------------------------------


class Line:
    """Follows a mailbox as the worker does: a line that breaks is taken up from the cursor."""

    def __init__(self, source: Source) -> None:
        self.source, self.cursor, self.broken = source, None, 0
        self.stop = Stop()
        self.pages = self._pages()

    def _pages(self) -> Iterator[Page]:
        while not self.stop.is_set():
            try:
                for page in Imap().follow(self.source, self.cursor, self.stop):
                    self.cursor = page.cursor
                    yield page
            except Retriable:
                self.broken += 1

    def told(self, beats: int = 20) -> list[str]:
        """The ids of the next page that is not empty, if it comes within so many beats."""
        return next((ids(page) for page in itertools.islice(self.pages, beats) if page.parsed), [])

    def beat(self) -> None:
        """Wait until the line waits."""
        next(page for page in self.pages if not page.parsed)


@pytest.fixture
def line(dovecot: Dovecot) -> Iterator[Callable[..., Line]]:
    """Opens lines on the account that look by themselves in ten minutes at the earliest."""
    lines: list[Line] = []

    def opened(**options: object) -> Line:
        lines.append(Line(source_at(dovecot, **{"poll_s": 600, **options})))
        return lines[-1]

    yield opened
    for each in lines:
        each.stop.set()
        each.pages.close()  # type: ignore[attr-defined]


def test_a_mail_is_told_as_it_arrives_without_waiting_for_the_next_look(
    dovecot: Dovecot, line: Callable[..., Line]
) -> None:
    dovecot.deliver(numbered(1))
    following = line()
    assert following.told() == ["1@b.example"]
    for number in (2, 3):
        following.beat()
        dovecot.deliver(numbered(number))
        assert following.told(beats=3) == [f"{number}@b.example"]
    assert following.broken == 0


def test_a_mail_that_came_while_another_folder_was_read_is_told_at_once(
    dovecot: Dovecot, line: Callable[..., Line]
) -> None:
    following = line()
    next(following.pages)
    dovecot.deliver(numbered(1))
    assert following.told(beats=3) == ["1@b.example"]


def test_the_other_folders_are_looked_at_by_and_by(
    dovecot: Dovecot, line: Callable[..., Line]
) -> None:
    following = line(poll_s=1)
    following.beat()
    dovecot.deliver(sample("reply"), "Sent")
    assert following.told() == ["reply-1@example.com"]


def test_more_mails_than_a_page_holds_are_told_page_by_page(
    dovecot: Dovecot, line: Callable[..., Line]
) -> None:
    for number in range(5):
        dovecot.deliver(numbered(number))
    following = line(page_size=2)
    assert [len(following.told()) for _ in range(3)] == [2, 2, 1]


def test_a_line_that_is_cut_goes_on_where_it_was(
    dovecot: Dovecot, line: Callable[..., Line]
) -> None:
    with Relay(dovecot.port) as relay:
        following = line(port=relay.port)
        dovecot.deliver(numbered(1))
        assert following.told() == ["1@b.example"]
        following.beat()
        relay.cut()
        dovecot.deliver(numbered(2))
        assert following.told() == ["2@b.example"]
    assert following.broken == 1


def test_a_folder_made_anew_while_it_is_listened_to_is_told_under_the_same_ids(
    dovecot: Dovecot, line: Callable[..., Line]
) -> None:
    with dovecot.account() as mailbox:
        mailbox.folder.create("Billing")
    for number in (1, 2):
        dovecot.deliver(numbered(number), "Billing")
    following = line(folders=["Billing"], sent="", poll_s=1)
    assert following.told() == ["1@b.example", "2@b.example"]
    with dovecot.account() as mailbox:
        mailbox.folder.rename("Billing", "Bills")
        mailbox.folder.create("Billing")
    dovecot.deliver(numbered(2), "Billing")
    assert following.told() == ["2@b.example"]


def test_a_server_that_cannot_announce_is_asked_again_and_again(
    dovecot: Dovecot, line: Callable[..., Line]
) -> None:
    with Relay(dovecot.port, hides=b"IDLE") as relay:
        following = line(port=relay.port, poll_s=3)
        following.beat()
        dovecot.deliver(numbered(1))
        assert following.told() == ["1@b.example"]
        assert not relay.asked(b"IDLE")
        following.stop.set()
        assert list(following.pages) == []


def test_a_line_that_is_told_to_stop_ends(dovecot: Dovecot, line: Callable[..., Line]) -> None:
    following = line()
    following.beat()
    following.stop.set()
    assert list(following.pages) == []


def test_the_worker_stores_a_mail_as_it_arrives(dovecot: Dovecot, database: Database) -> None:
    source = source_at(dovecot, poll_s=600)
    worker = Worker(database, Store(database, key=b"of the tests"), [source])
    dovecot.deliver(numbered(1))
    worker.start()
    try:
        until(database, "select count(*) from contacts", 1)
        dovecot.deliver(numbered(2))
        until(database, "select count(*) from contacts", 2)
    finally:
        worker.stop()


def test_a_line_is_refused_as_a_look_is(dovecot: Dovecot) -> None:
    with pytest.raises(Fatal, match="refuses user and password"):
        next(Imap().follow(source_at(dovecot, "wrong"), None, Stop()))
    with pytest.raises(Retriable):
        next(Imap().follow(source_at(dovecot, port=1), None, Stop()))


# --- the server refuses -----------------------------------------------------------


@pytest.mark.parametrize(("mode", "port"), [("on", "tls_port"), ("starttls", "port")])
def test_an_encrypted_connection_is_only_made_to_a_trusted_server(
    dovecot: Dovecot, mode: str, port: str
) -> None:
    options = {"ssl": mode, "port": getattr(dovecot, port)}
    dovecot.deliver(numbered(1))

    trusted = Imap().pull(source_at(dovecot, ca_file=str(dovecot.certificate), **options), None)

    assert len(trusted.parsed) == 1
    with pytest.raises(Fatal, match="certificate"):
        Imap().pull(source_at(dovecot, **options), None)


@pytest.mark.parametrize(
    ("secret", "options", "said"),
    [
        ("wrong", {}, "refuses user and password"),
        (None, {}, "SECRET"),
        (PASSWORD, {"folders": ["Nowhere"]}, "no such folder"),
        (PASSWORD, {"sent": "Nowhere"}, "no such folder"),
        (PASSWORD, {"host": ""}, "needs a line host"),
        (PASSWORD, {"ssl": "perhaps"}, "use on, starttls or off"),
        (PASSWORD, {"page_size": 0}, "above zero"),
    ],
)
def test_what_a_person_must_mend_is_fatal(
    dovecot: Dovecot, secret: str | None, options: dict[str, object], said: str
) -> None:
    with pytest.raises(Fatal, match=said) as caught:
        Imap().pull(source_at(dovecot, secret, **options), None)
    assert PASSWORD not in str(caught.value)


def test_a_server_that_is_away_may_be_asked_again(dovecot: Dovecot) -> None:
    with pytest.raises(Retriable):
        Imap().pull(source_at(dovecot, port=1), None)


def test_a_name_that_does_not_resolve_may_be_asked_again(dovecot: Dovecot) -> None:
    with pytest.raises(Retriable):
        Imap().pull(source_at(dovecot, host="no-such-host.invalid"), None)


def test_the_connector_is_found_by_its_name() -> None:
    assert isinstance(connector_named("imap"), Imap)
