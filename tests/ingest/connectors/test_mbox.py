"""Archives of mail: every way in which one is written, and the mailbox that tells the same."""

from __future__ import annotations

import mailbox
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from dovecot import PASSWORD, Dovecot

from ingest.connector import Parsed, Source
from ingest.connectors.imap import Imap
from ingest.connectors.mbox import Mbox
from ingest.database import Database
from ingest.errors import WrongFormat
from ingest.events import Event, Rejected, check
from ingest.ledger import Ledger
from tests.ingest.telling import NOW, contacts_of, store

SAMPLES = Path(__file__).parents[3] / "sample_data"
RECEIVED = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
OURS = Source("mail", "mbox", options={"own": ["@example.com"], "queue": "care"})
#: As in test_imap, where they were counted by hand.
REAL_KINDS = {"message_in": 48, "message_out": 5, "bounce": 5, "auto_reply": 3, "list_mail": 2}

ENVELOPE = "From ann@b.example Wed Jul  1 10:00:00 2026"


def read(path: Path, source: Source = OURS) -> list[Parsed]:
    return list(Mbox().read(path, source))


def archive(folder: Path, content: str | bytes, name: str = "inbox.mbox") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def events(parsed: list[Parsed]) -> list[Event]:
    found = [one for one in parsed if isinstance(one, Event)]
    assert found == parsed
    return found


def mail(number: int, text: str = "Bonjour\n", date: str = "Wed, 1 Jul 2026 10:00:00 +0000") -> str:
    dated = f"Date: {date}\n" if date else ""
    return f"From: ann@b.example\n{dated}Message-ID: <{number}@b.example>\n\n{text}"


def written(path: Path, mails: list[bytes], received: datetime = RECEIVED) -> Path:
    """An archive as the standard library writes one; a mail may bring its own envelope."""
    box = mailbox.mbox(path)
    envelope = f"From MAILER-DAEMON {time.asctime(received.timetuple())}\n".encode()
    for raw in mails:
        kept = raw.replace(b"\r\n", b"\n")
        box.add(kept if kept.startswith(b"From ") else envelope + kept)
    box.close()
    return path


# --- what stands in a sample --------------------------------------------------------------


def test_the_sample_tells_a_question_its_answer_a_bounce_and_two_questions_more() -> None:
    told = events(read(SAMPLES / "mbox" / "regular.mbox"))
    assert [(e.kind, e.occurred_at.isoformat(), e.queue) for e in told] == [
        ("message_in", "2026-07-01T10:00:00+00:00", "care"),
        ("message_out", "2026-07-01T10:42:00+00:00", None),
        ("bounce", "2026-07-01T11:00:00+00:00", "care"),
        ("message_in", "2026-07-02T08:15:00+00:00", "care"),
        ("message_in", "2026-07-02T08:59:58+00:00", "care"),
    ]
    assert told[0].contact_id == told[1].contact_id == "archive-1@example.org"
    assert told[3].event_id.startswith("content:")


def test_loading_an_archive_makes_its_contacts_and_again_changes_nothing(
    database: Database,
) -> None:
    path = SAMPLES / "mbox" / "regular.mbox"
    ledger = store(database).load(OURS, Mbox().read(path, OURS), now=NOW)
    again = store(database).load(OURS, Mbox().read(path, OURS), now=NOW)
    assert (ledger.received, ledger.new, ledger.quarantined) == (5, 5, 0)
    assert (again.new, again.duplicate) == (0, 5)
    outcomes = [c["outcome"] for c in contacts_of(database, "mail") if c["offered_at"]]
    assert Counter(outcomes) == {"answered": 1, "open": 2}


# --- how archives are written -------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("between", ["\n", ""])
def test_line_ends_and_the_blank_line_between_mails_do_not_matter(
    tmp_path: Path, end: str, between: str
) -> None:
    text = between.join(f"{ENVELOPE}\n{mail(number)}" for number in range(3)).rstrip()
    path = archive(tmp_path, text.replace("\n", end))
    assert [e.event_id for e in events(read(path))] == [f"{n}@b.example" for n in range(3)]


@pytest.mark.parametrize(
    "sentence",
    ["From now on it works.", ">From now on", "From ann@b.example in 2026", ENVELOPE[:-5]],
)
def test_a_sentence_that_begins_with_from_begins_no_mail(tmp_path: Path, sentence: str) -> None:
    first = mail(1, f"Bonjour\n\n{sentence}\n\n")
    path = archive(tmp_path, f"{ENVELOPE}\n{first}{ENVELOPE}\n{mail(2)}")
    assert len(events(read(path))) == 2


@pytest.mark.parametrize(
    "envelope",
    [
        "From ann@b.example Wed Jul  1 12:00:00 2026",
        "From - Wed Jul 01 12:00:00 2026",
        "From ann at b.example  Wed Jul  1 12:00 2026",
        "From 1796520123@xxx Wed Jul 01 10:00:00 +0000 2026",
        "From ann@b.example Wed Jul  1 10:00:00 UTC 2026",
        "From ann@b.example Wed Jul  1 05:30:00 2026 -0430",
    ],
)
def test_every_envelope_tells_when_a_mail_without_date_came(tmp_path: Path, envelope: str) -> None:
    paris = Source("mail", "mbox", ZoneInfo("Europe/Paris"))
    (event,) = events(read(archive(tmp_path, f"{envelope}\n{mail(1, date='')}"), paris))
    assert event.occurred_at == datetime(2026, 7, 1, 10, tzinfo=UTC)


def test_an_envelope_that_hides_its_date_leaves_the_word_to_the_last_server(tmp_path: Path) -> None:
    received = "Received: by mx; Wed, 1 Jul 2026 09:00:00 +0000\nReceived: 1 Jul 2020 01:00:00\n"
    hidden = "From ann@b.example Thu Jan  1 00:00:00 1970"
    dated, undated, lost = read(
        archive(
            tmp_path,
            f"{hidden}\n{received}{mail(1)}{hidden}\n{received}{mail(2, date='')}"
            f"{hidden}\n{mail(3, date='')}",
        )
    )
    assert isinstance(dated, Event)
    assert isinstance(undated, Event)
    assert isinstance(lost, Rejected)
    assert dated.occurred_at == datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert undated.occurred_at == datetime(2026, 7, 1, 9, tzinfo=UTC)
    assert lost.reason == "bad_time"


@pytest.mark.parametrize(
    "when",
    [
        "Wed Jul 99 10:00:00 2026",
        "Wed Foo  1 10:00:00 2026",
        "Wed Jul  1 99:00:00 2026",
        "Sat Jan  1 00:00:00 0001",
    ],
)
def test_an_envelope_of_an_impossible_date_is_one_still(tmp_path: Path, when: str) -> None:
    path = archive(tmp_path, f"From ann@b.example {when}\n{mail(1)}")
    assert [e.event_id for e in events(read(path))] == ["1@b.example"]


def test_a_clock_without_zone_does_not_overrule_a_mails_own_date(tmp_path: Path) -> None:
    written_in_new_york = "From ann@b.example Wed Jul  1 06:00:03 2026"
    (event,) = events(read(archive(tmp_path, f"{written_in_new_york}\n{mail(1)}")))
    assert event.occurred_at == datetime(2026, 7, 1, 10, tzinfo=UTC)


def test_an_archive_named_like_the_sent_folder_is_what_we_sent(tmp_path: Path) -> None:
    content = f"{ENVELOPE}\n{mail(1)}"
    folder = Source("mail", "mbox", options={"sent": "Postfach/Erledigt"})
    for name, source, kind in [
        ("Sent.mbox", OURS, "message_out"),
        ("sent items", OURS, "message_out"),
        ("Inbox.mbox", OURS, "message_in"),
        ("Erledigt.mbox", folder, "message_out"),
        ("Sent.mbox", folder, "message_in"),
    ]:
        assert [e.kind for e in events(read(archive(tmp_path, content, name), source))] == [kind]


def test_of_a_huge_mail_no_more_is_kept_than_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "huge.mbox"
    with path.open("wb") as file:
        file.write(f"{ENVELOPE}\nFrom: ann@b.example\nSubject: {'x' * 400_000}\n\n".encode())
        for _ in range(40):
            file.write(b"QUJD" * 250_000)
        file.write(f"\n{ENVELOPE}\n{mail(2)}".encode())
    first, second = events(read(path))
    assert first.event_id.startswith("content:")
    assert second.event_id == "2@b.example"


# --- what cannot be used ------------------------------------------------------------------


def test_a_mail_without_header_is_refused_and_can_be_tried_again(tmp_path: Path) -> None:
    path = archive(tmp_path, f"{ENVELOPE}\n\nOnly a text.\n\n{ENVELOPE}\n{mail(2)}")
    refused, good = read(path)
    assert isinstance(refused, Rejected)
    assert isinstance(good, Event)
    assert refused.reason == "bad_mail"
    assert list(Mbox().again(refused.raw, OURS)) == [refused]
    assert list(Mbox().again(f"{ENVELOPE}\n{mail(2)}".encode(), OURS)) == [good]
    with pytest.raises(WrongFormat, match="load the archive again"):
        Mbox().again(b"Return-P\x00ath: <a@b>\n", OURS)


@pytest.mark.parametrize("content", [mail(1), "From now on.\n", "\n\nhello\n"])
def test_a_single_mail_or_another_text_is_no_archive(tmp_path: Path, content: str) -> None:
    with pytest.raises(WrongFormat, match="an mbox begins with"):
        read(archive(tmp_path, content))


# --- real mails ---------------------------------------------------------------------------


def real(shared_data: Callable[[str], Path]) -> list[bytes]:
    files = [*shared_data("email").rglob("*.txt"), *shared_data("chatwoot/eml").glob("*.eml")]
    return [file.read_bytes() for file in sorted(files)]


def test_every_real_mail_passes_through_an_archive(
    tmp_path: Path, shared_data: Callable[[str], Path]
) -> None:
    mails = real(shared_data)
    parsed = read(written(tmp_path / "real.mbox", mails))
    told = [one for one in parsed if isinstance(one, Event)]
    assert (len(mails), len(told), len(parsed)) == (64, 63, 64)
    assert Counter(event.kind for event in told) == REAL_KINDS
    for event in told:
        check(event, RECEIVED)


def test_an_archive_loaded_before_the_mailbox_is_read_doubles_nothing(
    tmp_path: Path, dovecot: Dovecot, database: Database, shared_data: Callable[[str], Path]
) -> None:
    mails = real(shared_data)
    path = written(tmp_path / "real.mbox", mails)
    with dovecot.account() as account:
        for raw in mails:
            account.append(raw, "INBOX", dt=RECEIVED)
    served = Source(
        "mail", "imap", secret=PASSWORD,
        options={**OURS.options, "host": "127.0.0.1", "port": dovecot.port,
                 "user": dovecot.user, "ssl": "off", "sent": ""},
    )  # fmt: skip

    loaded = store(database).load(OURS, Mbox().read(path, OURS), now=NOW)
    before = contacts_of(database, "mail")
    polled = store(database).write(served, Imap().pull(served, None).parsed, now=NOW)

    # Several samples share a Message-ID: seven are told twice word for word, four otherwise
    # (a conflict), and one is no mail.
    assert loaded == Ledger(64, new=52, duplicate=7, quarantined=5, contacts=37)
    assert polled == Ledger(64, duplicate=59, quarantined=5)
    assert contacts_of(database, "mail") == before
