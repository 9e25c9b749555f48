"""Reports sent through a real mail server: once each, whoever dies, to allowed domains only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from msgspec.structs import replace

from app.alerts import records
from app.alerts.records import Firing
from app.bootstrap import House
from app.duties import forget_reports, send_reports, write_reports
from app.errors import Conflict, Forbidden, NotFound, WrongUse
from app.exposure.desk import reading
from app.exposure.model import Actor
from app.reports.sending import letters, runs
from app.reports.sending.book import ReportBook
from app.reports.sending.letters import LeaseLost
from app.reports.sending.mailing import Sender
from app.reports.sending.model import Schedule
from app.smtp import Post
from tests.app.mail_server import Inbox, serving
from tests.app.reports.sending.conftest import (
    BEFORE,
    BOARD,
    MAY,
    SEVEN,
    sender,
    states,
    writer,
)

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def firings(house: House) -> list[Firing]:
    with reading(house.database) as desk:
        return records.open_firings(desk.rows)


def test_everybody_gets_the_report_once_however_often_and_by_however_many(
    house: House, board: Schedule, inbox: Inbox, post: Post
) -> None:
    assert writer(house).turn(SEVEN - MINUTE) == 0
    with ThreadPoolExecutor(4) as pool:
        wrote = [pool.submit(writer(house).turn, SEVEN) for _ in range(6)]
        assert sum(turn.result() for turn in wrote) == 1
        sent = [pool.submit(sender(house, post).turn, SEVEN) for _ in range(6)]
        assert sum(turn.result() for turn in sent) == 2
    assert (writer(house).turn(SEVEN + MINUTE), sender(house, post).turn(SEVEN + MINUTE)) == (0, 0)
    assert sorted(letter["To"] for letter in inbox.letters) == list(BOARD.recipients)
    assert len({letter["Message-ID"] for letter in inbox.letters}) == 2
    assert states(house) == (["written"], ["sent", "sent"])


def test_a_letter_is_the_report_with_its_files_and_is_the_same_at_every_attempt(
    house: House, board: Schedule, book: ReportBook, inbox: Inbox, post: Post
) -> None:
    writer(house).turn(SEVEN)
    inbox.answers = ["451 busy", "451 busy"]
    sender(house, post).turn(SEVEN)
    assert states(house)[1] == ["waiting", "waiting"]
    sender(house, post).turn(SEVEN + MINUTE)
    letter: Any = next(one for one in inbox.letters if one["To"] == "ada@example.com")
    assert letter["Subject"] == "Vigie: Rapport quotidien, mardi 12 mars 2024"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "60" in letter.get_body(("plain",)).get_content()
    [attached] = letter.iter_attachments()
    assert attached.get_filename() == "vigie-daily-2024-03-12.csv"
    [sent] = book.archive()
    assert attached.get_payload(decode=True) == book.file(sent.run.id, "csv").content
    html = letter.get_body(("html",)).get_content()
    assert html.split() == book.file(sent.run.id, "html").content.decode().split()


def test_whoever_was_down_sends_late_and_of_the_right_days(
    house: House, board: Schedule, book: ReportBook, inbox: Inbox, post: Post
) -> None:
    assert writer(house).turn(SEVEN + 2 * DAY) == 3
    assert sender(house, post).turn(SEVEN + 2 * DAY) == 6
    told = [(str(sent.run.day), str(sent.run.first)) for sent in book.archive()]
    assert told == [
        ("2024-03-15", "2024-03-14"), ("2024-03-14", "2024-03-13"), ("2024-03-13", "2024-03-12"),
    ]  # fmt: skip


def test_what_is_older_than_a_month_is_skipped_said_so_and_can_be_had(
    house: House, book: ReportBook
) -> None:
    book.save(replace(BOARD, days=(3,), formats=("csv",)), MAY, BEFORE)
    assert writer(house).turn(SEVEN + 33 * DAY) == 4
    oldest = book.archive()[-1]
    assert (str(oldest.run.day), oldest.run.state) == ("2024-03-13", runs.State.SKIPPED)
    book.resend(oldest.run.id, MAY, SEVEN + 33 * DAY)
    assert writer(house).turn(SEVEN + 33 * DAY) == 1
    assert book.archive()[-1].run.state is runs.State.WRITTEN


def test_a_letter_refused_for_good_is_an_alert_until_it_is_sent_again(
    house: House, board: Schedule, book: ReportBook, inbox: Inbox, post: Post
) -> None:
    settings = house.settings.model_copy(
        update={
            "smtp_url": f"smtp://127.0.0.1:{post.port}", "mail_from": "vigie@example.com",
            "mail_domains": "example.com",
        }
    )  # fmt: skip
    mailing = House(settings, house.database, house.store)
    inbox.answers = ["550 no such person"]
    write_reports.run(mailing, SEVEN)
    send_reports.run(mailing, SEVEN)
    assert states(house)[1] == ["dead", "sent"]
    [firing] = firings(house)
    assert (firing.alert.name, firing.value) == ("report-board", 1)
    [sent] = book.archive()
    book.resend(sent.run.id, MAY, SEVEN + MINUTE)
    send_reports.run(mailing, SEVEN + MINUTE)
    assert states(house)[1] == ["sent", "sent"]
    assert firings(house) == []
    assert len(inbox.letters) == 2


def test_without_a_mail_server_the_letters_wait_and_an_alert_says_so(
    house: House, board: Schedule
) -> None:
    write_reports.run(house, SEVEN)
    send_reports.run(house, SEVEN)
    assert firings(house) == []
    send_reports.run(house, SEVEN + 16 * MINUTE)
    assert [firing.alert.name for firing in firings(house)] == ["report-board"]
    assert states(house) == (["written"], ["waiting", "waiting"])


def test_a_report_that_cannot_be_written_is_tried_again_then_given_up_and_told(
    house: House, board: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_words: object) -> None:
        raise OSError("no room\nleft")

    with monkeypatch.context() as patch:
        patch.setattr("app.reports.sending.writing.tell", broken)
        for hour in range(16):
            writer(house).turn(SEVEN + timedelta(hours=1.3 * hour))
    assert states(house)[0] == ["failed"]
    send_reports.run(house, SEVEN + timedelta(hours=22))
    assert [firing.value for firing in firings(house)] == [1]


def test_nobody_gets_a_report_whose_domain_is_not_allowed_any_more(
    house: House, board: Schedule, book: ReportBook, inbox: Inbox, post: Post
) -> None:
    writer(house).turn(SEVEN)
    strict = Sender(house.database, post, frozenset({"example.org"}))
    assert strict.turn(SEVEN) == 0
    assert (inbox.letters, states(house)[1]) == ([], ["dead", "dead"])
    error = book.archive()[0].letters[0].error
    assert error is not None
    assert "may not get reports: allowed domains are example.org" in error


# ── who dies in the middle ────────────────────────────────────────────────


def test_who_died_before_the_end_of_a_letter_is_followed_by_another(
    house: House, board: Schedule, inbox: Inbox, post: Post
) -> None:
    writer(house).turn(SEVEN)
    with reading(house.database) as desk:
        assert letters.take(desk.rows, "died", SEVEN, lease_s=0.0) is not None
    assert sender(house, post).turn(SEVEN) == 2
    assert states(house)[1] == ["sent", "sent"]


def test_who_died_after_the_end_of_a_letter_leaves_it_unknown_and_nobody_sends_it_twice(
    house: House, board: Schedule, book: ReportBook, inbox: Inbox, post: Post
) -> None:
    writer(house).turn(SEVEN)
    with reading(house.database) as desk:
        letter = letters.take(desk.rows, "died", SEVEN, lease_s=60)
        assert letter is not None
        letters.hand(desk.rows, letter, "died", SEVEN)
        desk.rows.execute(
            "update report_letters set leased_until = '2024-01-01' where lease = 'died'"
        )
    assert sender(house, post).turn(SEVEN + MINUTE) == 1
    assert states(house)[1] == ["sent", "unknown"]
    send_reports.run(house, SEVEN + MINUTE)
    assert [firing.value for firing in firings(house)] == [1]
    book.resend(1, MAY, SEVEN + MINUTE)
    assert sender(house, post).turn(SEVEN + MINUTE) == 1
    ids = [each["Message-ID"] for each in inbox.letters]
    assert f"<{letter.message}>" in ids
    assert len(set(ids)) == 2


class Deaf(Inbox):
    """Takes a letter and hangs up before it has said so."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await super().handle_DATA(server, session, envelope)
        assert server.transport is not None
        server.transport.close()
        return "250 never heard"


def test_a_server_that_hangs_up_without_an_answer_leaves_the_letter_unknown(
    house: House, board: Schedule
) -> None:
    writer(house).turn(SEVEN)
    deaf = Deaf()
    for port in serving(deaf):
        post = Post.of(f"smtp://127.0.0.1:{port}", "vigie@example.com")
        assert sender(house, post).turn(SEVEN) == 0
        assert sender(house, post).turn(SEVEN + DAY) == 0
    assert (len(deaf.letters), states(house)[1]) == (2, ["unknown", "unknown"])


def test_who_lost_its_lease_sends_nothing(
    house: House, board: Schedule, inbox: Inbox, post: Post
) -> None:
    writer(house).turn(SEVEN)
    assert sender(house, post, lease_s=0.0).turn(SEVEN) == 0
    assert (inbox.letters, states(house)[1]) == ([], ["waiting", "waiting"])
    with reading(house.database) as desk:
        letter = letters.take(desk.rows, "one", SEVEN, lease_s=60)
        assert letter is not None
        with pytest.raises(LeaseLost):
            letters.hand(desk.rows, letter, "other", SEVEN)


# ── what people do ────────────────────────────────────────────────────────


def test_sending_again_what_arrived_is_another_letter(
    house: House, board: Schedule, book: ReportBook, inbox: Inbox, post: Post
) -> None:
    writer(house).turn(SEVEN)
    with pytest.raises(Conflict, match="is on its way"):
        book.resend(1, MAY, SEVEN)
    sender(house, post).turn(SEVEN)
    book.resend(1, MAY, SEVEN, to=["bob@example.com", "carl@example.com"])
    assert sender(house, post).turn(SEVEN) == 2
    assert [letter["To"] for letter in inbox.letters[2:]] == ["bob@example.com", "carl@example.com"]
    assert len({letter["Message-ID"] for letter in inbox.letters}) == 4
    with pytest.raises(WrongUse, match="may not get reports"):
        book.resend(1, MAY, SEVEN, to=["eve@elsewhere.com"])
    with pytest.raises(NotFound, match="no report 99"):
        book.resend(99, MAY, SEVEN)


def test_only_those_who_may_write_schedules_do(book: ReportBook) -> None:
    nobody = Actor("user", "vera", ("supervisor",))
    book.save(BOARD, MAY, BEFORE)
    for act in (
        lambda: book.save(BOARD, nobody, BEFORE), lambda: book.remove("board", nobody, BEFORE),
        lambda: book.switch("board", False, nobody, BEFORE),
        lambda: book.resend(1, nobody, BEFORE),
    ):  # fmt: skip
        with pytest.raises(Forbidden, match="set_reports"):
            act()


def test_a_schedule_has_versions_and_what_was_due_before_a_change_is_sent(
    house: House, book: ReportBook
) -> None:
    book.save(BOARD, MAY, BEFORE)
    changed = replace(BOARD, formats=("csv",))
    assert book.save(changed, MAY, SEVEN + MINUTE).version == 2
    assert book.save(changed, MAY, SEVEN + MINUTE).version == 2
    assert book.switch("board", False, MAY, SEVEN + 2 * MINUTE).enabled is False
    assert writer(house).turn(SEVEN + 3 * DAY) == 1
    assert book.archive()[0].formats == ("html", "csv")
    book.switch("board", True, MAY, SEVEN + 3 * DAY)
    assert writer(house).turn(SEVEN + 4 * DAY) == 1
    book.remove("board", MAY, SEVEN + 4 * DAY)
    assert writer(house).turn(SEVEN + 9 * DAY) == 0
    assert [each.act.value for each in book.history("board")] == [
        "removed", "on", "off", "kept", "kept",
    ]  # fmt: skip
    assert book.save(BOARD, MAY, SEVEN + 9 * DAY).version == 3
    with pytest.raises(NotFound, match="no schedule «wall»; there are: board"):
        book.get("wall")


def test_what_was_sent_thirteen_months_ago_is_forgotten(
    house: House, board: Schedule, book: ReportBook, inbox: Inbox, post: Post
) -> None:
    writer(house).turn(SEVEN)
    sender(house, post).turn(SEVEN)
    forget_reports.run(house, SEVEN + 390 * DAY)
    assert len(book.archive()) == 1
    forget_reports.run(house, SEVEN + 400 * DAY)
    assert (book.archive(), states(house)) == ((), ([], []))
