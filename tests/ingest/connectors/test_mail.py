"""One mail → one event, whatever the mail looks like."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.events import Event, Identity, Rejected, check
from ingest.formats.mail.header import CONTENT_BYTES, fingerprint
from ingest.formats.mail.message import Mailbox, lacks_id, read, told
from ingest.quarantine import REASONS

SAMPLES = Path(__file__).parents[3] / "sample_data" / "email"
RECEIVED = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
MAILBOX = Mailbox(own=frozenset({"care@example.com", "support@example.com"}))
SENT = dataclasses.replace(MAILBOX, sent=True)


def event_of(name: str, mailbox: Mailbox = MAILBOX, received_at: datetime = RECEIVED) -> Event:
    return read((SAMPLES / f"{name}.eml").read_bytes(), received_at, mailbox)


def written(*headers: str, mailbox: Mailbox = MAILBOX) -> Event:
    raw = "\r\n".join([*headers, "", "Bonjour"]).encode()
    return read(raw, RECEIVED, mailbox)


@pytest.mark.parametrize(
    ("name", "kind", "direction", "customer"),
    [
        ("question", "message_in", "in", "camille@example.org"),
        ("reply", "message_out", "out", "camille@example.org"),
        ("follow_up", "message_in", "in", "camille@example.org"),
        ("no_message_id", "message_in", "in", "dominique@example.net"),
        ("reply_to_no_message_id", "message_out", "out", "dominique@example.net"),
        ("out_of_office", "auto_reply", "in", "camille@example.org"),
        ("bounce", "bounce", "in", "mailer-daemon@mx.example.org"),
        ("newsletter", "list_mail", "in", "news@shop.example.net"),
        ("group_mailbox", "message_in", "in", "camille@example.org"),
        ("contact_form", "message_in", "in", "dominique@example.net"),
        ("eight_bit", "message_in", "in", "eloise@example.org"),
    ],
)
def test_each_mail_becomes_its_kind(name: str, kind: str, direction: str, customer: str) -> None:
    event = event_of(name)

    assert (event.kind, event.direction, event.channel) == (kind, direction, "email")
    assert event.identities == (Identity("email", customer),)
    check(event, datetime(2026, 7, 3, tzinfo=UTC))


def test_a_reply_without_our_address_is_ours_in_the_sent_folder() -> None:
    raw = [
        "From: Agent <agent@elsewhere.example>",
        "To: camille@example.org",
        "Message-ID: <a@b>",
    ]

    assert written(*raw).kind == "message_in"
    assert written(*raw, mailbox=SENT).kind == "message_out"
    assert written(*raw, mailbox=SENT).identities == (Identity("email", "camille@example.org"),)


def test_a_whole_domain_may_be_ours() -> None:
    ours = Mailbox(own=frozenset({"@example.com"}))

    assert written("From: any@example.com", "To: x@y.example", mailbox=ours).kind == "message_out"
    assert written("From: any@not-example.com", mailbox=ours).kind == "message_in"


def test_an_automatic_answer_of_ours_is_no_reply() -> None:
    automatic = ["From: care@example.com", "To: a@b.example", "Auto-Submitted: auto-replied"]

    assert written(*automatic, mailbox=SENT).kind == "auto_reply"


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Auto-Submitted: no", "message_in"),
        ("Auto-Submitted: auto-generated; x=1", "auto_reply"),
        ("Precedence: Bulk", "list_mail"),
        ("Precedence: auto_reply", "auto_reply"),
        ("X-Autoreply: yes", "auto_reply"),
        ("Return-Path: <>", "bounce"),
        ("Return-Path: <camille@example.org>", "message_in"),
        ("List-Id: <news.example.net>", "list_mail"),
        ("List-Id: <support.example.com>", "message_in"),
        ("Content-Type: multipart/report; report-type=disposition-notification", "auto_reply"),
    ],
)
def test_a_header_tells_what_nobody_wrote(header: str, kind: str) -> None:
    assert written("From: camille@example.org", "Message-ID: <a@b>", header).kind == kind


# --- threads ----------------------------------------------------------------------


def test_question_reply_and_follow_up_are_one_thread() -> None:
    names = ("question", "reply", "follow_up", "out_of_office")

    assert {event_of(name).contact_id for name in names} == {"question-1@example.org"}


def test_the_thread_of_a_mail_does_not_depend_on_the_mails_before_it() -> None:
    alone = event_of("follow_up")

    event_of("question")

    assert event_of("follow_up") == alone


def test_without_references_the_mail_answered_is_the_thread() -> None:
    event = written("From: a@b.example", "Message-ID: <2@x>", "In-Reply-To: <1@x>, <0@x>")

    assert event.contact_id == "1@x"


def test_a_mail_without_id_and_its_answer_without_references_meet_by_customer_and_subject() -> None:
    question, answer = event_of("no_message_id"), event_of("reply_to_no_message_id")

    assert question.contact_id == answer.contact_id
    assert question.contact_id.startswith("subject:")


def test_two_customers_with_one_subject_are_two_threads() -> None:
    one = written("From: a@b.example", "Subject: Re: Colis")
    two = written("From: c@b.example", "Subject: Re: Colis")

    assert one.contact_id != two.contact_id


def test_one_subject_months_apart_is_two_threads() -> None:
    later = RECEIVED + timedelta(days=90)
    raw = b"From: a@b.example\r\nSubject: Colis\r\n\r\n"

    assert read(raw, RECEIVED, MAILBOX).contact_id != read(raw, later, MAILBOX).contact_id


def test_a_new_subject_with_an_id_of_its_own_is_a_thread_of_its_own() -> None:
    assert event_of("group_mailbox").contact_id == "group-1@example.org"


@pytest.mark.parametrize("reply", ["Re: Colis", "RE : colis", "Rép: TR: Colis", "Re[2]: Colis"])
def test_every_way_to_write_reply_is_the_same_subject(reply: str) -> None:
    plain = read(b"From: a@b.example\r\nSubject: Colis\r\n\r\n", RECEIVED, MAILBOX)

    assert read(
        f"From: a@b.example\r\nSubject: {reply}\r\n\r\n".encode(), RECEIVED, MAILBOX
    ).contact_id == (plain.contact_id)


# --- ids and times ----------------------------------------------------------------


def test_a_mail_without_id_gets_the_same_one_each_time_and_another_mail_another() -> None:
    raw = (SAMPLES / "no_message_id.eml").read_bytes()

    assert lacks_id(raw)
    assert read(raw, RECEIVED, MAILBOX).event_id == read(raw, RECEIVED, MAILBOX).event_id
    assert read(raw + b"!", RECEIVED, MAILBOX).event_id != read(raw, RECEIVED, MAILBOX).event_id


def test_an_endless_id_is_cut_to_a_key() -> None:
    event = written("From: a@b.example", f"Message-ID: <{'x' * 9000}@y>")

    check(event, RECEIVED)
    assert event.event_id.startswith("long:")


def test_a_mail_happened_when_its_date_says() -> None:
    assert event_of("question").occurred_at == datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("name", ["no_date", "bad_date", "from_the_future"])
def test_without_a_usable_date_a_mail_happened_when_it_was_received(name: str) -> None:
    assert event_of(name).occurred_at == RECEIVED


@pytest.mark.parametrize(
    "date",
    ["Thu, 01 Jan 1970 00:00:00 +0000", "Wed, 01 Jul 2026 13:00:01 +0000",
     "Wed, 99 Jul 2026 99:00:01 +0000", "Wed, 01 Jul 0000 00:00:00 +2460", ""],
)  # fmt: skip
def test_an_absurd_date_is_not_believed(date: str) -> None:
    assert written("From: a@b.example", f"Date: {date}").occurred_at == RECEIVED


# --- what is kept -----------------------------------------------------------------


def test_subject_body_and_name_are_not_kept_unless_the_subject_is_asked_for() -> None:
    kept = dataclasses.replace(MAILBOX, keep_subject=True)

    assert event_of("question").attributes == {}
    assert event_of("question", kept).attributes == {"subject": "Facture n° 1024"}
    assert "comprends" not in repr(event_of("question", kept))
    assert "Camille Exemple" not in repr(event_of("question", kept))


def test_every_real_mail_is_read(shared_data: Callable[[str], Path]) -> None:
    files = sorted(
        [*shared_data("email").rglob("*.txt"), *shared_data("chatwoot/eml").glob("*.eml")]
    )
    now = datetime(2026, 11, 1, tzinfo=UTC)
    kept = dataclasses.replace(MAILBOX, keep_subject=True)

    parsed = [one for file in files for one in told(file.read_bytes(), now, kept)]

    assert len(files) == len(parsed) == 64
    assert [one.reason for one in parsed if isinstance(one, Rejected)] == ["bad_mail"]
    for one in parsed:
        if isinstance(one, Event):
            check(one, now)
            repr(one).encode()


NAMES = [
    "From", "To", "Date", "Message-ID", "References", "In-Reply-To", "Subject", "Return-Path",
    "Content-Type", "List-Id", "Reply-To", "Auto-Submitted",
]  # fmt: skip
TRAPS = [
    b"=?utf-16?Q?=00?=", b"=?idna?B?/w==?=", b"=?utf-8?B?a?=", b"=?hex?Q?zz?=", b"<<@>", b"@", b'"',
    b"Mon, 99999999999999 Jul 99999 00:00:00 +99999", b"(((", b"a:;",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.binary(max_size=40) | st.sampled_from(TRAPS)),
        max_size=8,
    ),
    st.binary(max_size=20),
)
def test_no_mail_is_so_broken_that_it_raises(headers: list[tuple[str, bytes]], rest: bytes) -> None:
    raw = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in headers) + rest

    *refused, last = told(raw, RECEIVED, dataclasses.replace(MAILBOX, keep_subject=True))

    assert {each.reason for each in refused if isinstance(each, Rejected)} <= REASONS.keys()
    if isinstance(last, Event):
        check(last, RECEIVED)
        repr(last).encode()
    else:
        assert last.reason == "bad_mail"


# --- damaged ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"Return-P\x00ath: <a@b.example>", "bad_text"),
        (b"Return-P\xffath: <a@b.example>", "bad_encoding"),
        (b"X-\x01: a\n folded", "bad_encoding"),
    ],
)
def test_a_damaged_header_line_costs_itself_and_none_of_those_behind_it(
    line: bytes, reason: str
) -> None:
    whole = b"From: a@b.example\nMessage-ID: <1@b.example>\nSubject: Colis\n\nBonjour"
    first, rest = whole.split(b"\n", 1)

    refused, event = told(first + b"\n" + line + b"\n" + rest, RECEIVED, MAILBOX)

    assert isinstance(refused, Rejected)
    assert (refused.reason, refused.raw) == (reason, line + b"\n")
    assert event == read(whole, RECEIVED, MAILBOX)


def test_a_long_line_of_no_text_is_looked_at_once() -> None:
    (event,) = told(b"From: a@b.example\n" + b"\xe9" * 130_000, RECEIVED, MAILBOX)

    assert isinstance(event, Event)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "line",
    [
        b"From: " + b"a" * 120_000,
        b"To: " + b"a." * 60_000 + b'"',
        b"Subject: re" + b" " * 120_000 + b"x",
        b"Cc: " + b"(" * 120_000,
        b'Reply-To: "' + b"\\" * 120_000,
    ],
    ids=["one word", "dots", "a reply", "comments", "quotes"],
)
def test_a_header_as_long_as_may_be_takes_no_time_and_costs_no_neighbour(line: bytes) -> None:
    (event,) = told(b"Sender: a@b.example\n" + line + b"\n\n", RECEIVED, MAILBOX)

    assert isinstance(event, Event)
    assert event.identities == (Identity("email", "a@b.example"),)


def test_bytes_without_a_header_are_no_mail_and_without_any_time_no_event() -> None:
    (refused,) = told(b"\r\nOnly a text.", RECEIVED, MAILBOX)
    (undated,) = told(b"From: a@b.example\n\n", None, MAILBOX)

    assert isinstance(refused, Rejected)
    assert isinstance(undated, Rejected)
    assert (refused.reason, undated.reason) == ("bad_mail", "bad_time")


# --- the same mail, elsewhere -----------------------------------------------------


def test_a_mail_without_id_is_the_same_in_an_archive_as_on_the_server() -> None:
    served = b"From: a@b.example\r\nSubject: Colis\r\n\r\nBonjour\r\nFrom Paris\r\n"
    kept = (
        b"From a@b.example Wed Jul  1 10:00:00 2026\nFrom: a@b.example\nStatus: RO\n"
        b"X-Mozilla-Keys: x\n  y\nSubject: Colis\nContent-Length: 9\n\nBonjour\n>From Paris\n\n"
    )

    assert fingerprint(served) == fingerprint(kept)
    assert fingerprint(served) != fingerprint(kept.replace(b"Paris", b"Lyon"))
    assert fingerprint(served) != fingerprint(kept.replace(b"Colis", b"Lettre"))


def test_of_a_huge_mail_its_beginning_makes_the_id_on_both_sides() -> None:
    header, body = b"From: a@b.example\n\n", b"A line of the text\n" * 20_000
    whole = header + body
    cut = (header + body.replace(b"\n", b"\r\n"))[: len(header) + CONTENT_BYTES]

    assert fingerprint(whole) == fingerprint(cut)
