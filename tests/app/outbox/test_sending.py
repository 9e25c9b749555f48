"""Messages reach who wants them, in order, whatever the receiver does and whoever is killed."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from app.outbox import deliveries, queue, subscribers
from app.outbox.addresses import Reach
from app.outbox.errors import LeaseLost
from app.outbox.posting import Post
from app.outbox.sending import Sender
from ingest.database import Database, database_at
from tests.app.outbox.receiving import (
    NOW,
    OPENED,
    said,
    sender,
    states,
    subscribed,
    tucked,
    verified,
    versions,
)
from tests.house import SECRET_KEY
from tests.ingest.vendor import Answer, Asked, Vendor, broken, busy, elsewhere, hangs

TAKEN = Answer(status=204)
#: Longer than any pause of the schedule.
LATER = timedelta(hours=2)


def test_a_change_arrives_signed_so_that_the_receivers_library_accepts_it(
    database: Database, receiver: Vendor
) -> None:
    one = subscribed(database, f"{receiver.address}/hook?of=vigie")
    version = tucked(database)
    assert sender(database).turn(datetime.now(UTC)) == 1
    (asked,) = receiver.asked
    told = verified(asked, one.secret(SECRET_KEY))
    assert isinstance(told, dict)
    assert told["data"]["version"] == version
    assert asked.query == {"of": "vigie"}
    assert asked.headers["host"] == receiver.address.removeprefix("http://")
    assert states(database) == [("switch/1", version, "sent", 1)]
    assert sender(database).turn(datetime.now(UTC)) == 0


def test_while_a_secret_is_changed_both_sign_and_a_day_later_the_new_one(
    database: Database, receiver: Vendor
) -> None:
    former = subscribed(database, f"{receiver.address}/hook").secret(SECRET_KEY)
    now = datetime.now(UTC)
    with database.connect() as rows:
        new = subscribers.rotate(rows, "widget", now).secret(SECRET_KEY)
    said(database, "thing", 1)
    sender(database).turn(now)
    (asked,) = receiver.asked
    assert former != new
    assert verified(asked, former) == verified(asked, new)
    said(database, "thing", 2)
    sender(database).turn(now + timedelta(days=1))
    assert len(receiver.asked[1].headers["webhook-signature"].split()) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (broken(), "answered 500"),
        (busy(30), "answered 429"),
        (elsewhere("http://169.254.169.254/latest/meta-data/"), "which is not followed"),
        (hangs(), "no answer within 0.4 s"),
        (Answer(status=204, headers={"x": "y" * 200_000}), "the connection fails"),
    ],
)
def test_a_receiver_that_fails_is_tried_again_under_the_same_id(
    database: Database, receiver: Vendor, answer: Answer, words: str
) -> None:
    subscribed(database, f"{receiver.address}/hook")
    receiver.says("/hook", answer, TAKEN)
    said(database, "thing", 1)
    assert sender(database, attempt_s=0.4).turn(NOW) == 0
    with database.connect() as rows:
        (failed,) = deliveries.newest(rows)
    assert (failed.state, failed.attempts) == ("waiting", 1)
    assert words in (failed.error or "")
    assert sender(database).turn(NOW + timedelta(seconds=0.9)) == 0  # not yet
    assert sender(database).turn(NOW + LATER) == 1
    first, second = receiver.asked
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert {asked.path for asked in receiver.asked} == {"/hook"}


def test_a_receiver_that_answers_drop_by_drop_is_not_waited_for(
    database: Database, receiver: Vendor
) -> None:
    def drops(_asked: Asked) -> Answer:
        return Answer(iter(lambda: receiver.over.wait(0.05) or b"drop", True))

    subscribed(database, f"{receiver.address}/hook")
    receiver.says("/hook", drops)
    said(database, "thing", 1)
    assert sender(database, attempt_s=2.0).turn(NOW) == 1  # its status was all that counts


def test_a_receiver_that_is_not_there_is_tried_until_it_is_given_up(database: Database) -> None:
    with Vendor() as gone:
        address = gone.address
    subscribed(database, f"{address}/hook")
    said(database, "thing", 1)
    now, attempts = NOW, 0
    while states(database)[0][2] == "waiting":
        now, attempts = now + LATER, attempts + 1
        assert sender(database).turn(now) == 0
    assert states(database) == [("thing", 1, "dead", attempts)]
    assert attempts == 16
    with Vendor() as back, database.connect() as rows:
        back.says("/hook", TAKEN)
        rows.execute("update webhook_subscribers set url = %s", [f"{back.address}/hook"])
        assert deliveries.replay(rows, "widget", now) == 1
        rows.commit()
        assert sender(database).turn(now) == 1


def test_of_a_subject_only_the_newest_is_sent_once_the_receiver_is_back(
    database: Database, receiver: Vendor
) -> None:
    subscribed(database, f"{receiver.address}/hook")
    receiver.says("/hook", broken(), TAKEN)
    said(database, "thing", 1)
    sender(database).turn(NOW)
    for version in (2, 3):
        said(database, "thing", version)
    said(database, "other", 1)
    sender(database).turn(NOW + timedelta(seconds=1.9))
    assert versions(receiver) == [("thing", 1), ("thing", 3), ("other", 1)]
    sender(database).turn(NOW + LATER)
    assert len(receiver.asked) == 3
    assert states(database) == [
        ("thing", 1, "superseded", 1), ("thing", 2, "superseded", 0), ("thing", 3, "sent", 1),
        ("other", 1, "sent", 1),
    ]  # fmt: skip
    with database.connect() as rows:
        first = deliveries.newest(rows)[-1].id
        assert deliveries.replay(rows, "widget", NOW, first) == 0


def test_a_queue_that_forgets_what_was_overtaken_is_caught(
    database: Database, receiver: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "_SUPERSEDE", "select 1")
    with pytest.raises(AssertionError):
        test_of_a_subject_only_the_newest_is_sent_once_the_receiver_is_back(database, receiver)
    sender(database).turn(NOW + LATER)
    assert versions(receiver)[-1] == ("thing", 1)


def test_a_receiver_that_hangs_does_not_hold_up_another(
    database: Database, receiver: Vendor
) -> None:
    receiver.says("/slow", hangs())
    subscribed(database, f"{receiver.address}/slow", "a-slow")
    subscribed(database, f"{receiver.address}/hook", "b-quick")
    for number in range(20):
        said(database, f"thing/{number}", 1)
    assert sender(database, attempt_s=0.5).turn(NOW) == 20
    assert receiver.times("/slow") == 1
    assert receiver.times("/hook") == 20


def test_a_subscriber_that_cannot_even_be_tried_does_not_stop_another(
    database: Database, receiver: Vendor
) -> None:
    subscribed(database, "https://chat.example.org/", "a-broken")
    subscribed(database, f"{receiver.address}/hook", "b-well")
    with database.connect() as rows:
        rows.execute("update webhook_subscribers set url = 'https://[' where name = 'a-broken'")
    said(database, "thing", 1)
    assert sender(database).turn(NOW) == 1
    assert states(database, "a-broken") == [("thing", 1, "waiting", 1)]


def test_senders_at_once_send_in_order_to_receivers_that_fail_now_and_then(
    database: Database, receiver: Vendor
) -> None:
    """Three senders whose clocks disagree; no attempt is older than one before it."""
    names, dice, taken = ("one", "two", "three"), random.Random(5), []

    def moody(asked: Asked) -> Answer:
        if dice.random() < 0.3:
            return dice.choice([broken(), busy(1), elsewhere("/one")])
        taken.append((asked.path, asked.body))
        return TAKEN

    for name in names:
        receiver.says(f"/{name}", moody)
        subscribed(database, f"{receiver.address}/{name}", name)
    all_said = threading.Event()

    def send() -> None:
        now, last = NOW, False
        while not last:
            last, now = all_said.is_set(), now + timedelta(seconds=10)
            sender(database).turn(now)

    with ThreadPoolExecutor(3) as pool:
        sending = [pool.submit(send) for _ in range(3)]
        for version in range(1, 31):
            said(database, f"thing/{version % 3}", version)
        all_said.set()
        for each in sending:
            each.result()
    now = NOW
    while any(state == "waiting" for name in names for *_, state, _ in states(database, name)):
        now += LATER
        sender(database).turn(now)
    assert len(set(taken)) == len(taken) < len(receiver.asked)
    for name in names:
        came = versions(receiver, f"/{name}")
        for subject in ("thing/0", "thing/1", "thing/2"):
            in_order = [version for other, version in came if other == subject]
            assert in_order == sorted(in_order)
            assert in_order[-1] == {"thing/0": 30, "thing/1": 28, "thing/2": 29}[subject]


def forked(work: object) -> int:
    """Do the work in a process of its own; how that ended."""
    if (pid := os.fork()) == 0:
        try:
            work()  # type: ignore[operator]
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_writer_killed_between_commit_and_answer_is_told_by_any_sender(
    database: Database, receiver: Vendor
) -> None:
    subscribed(database, f"{receiver.address}/hook")

    def die() -> None:
        with database_at(database.conninfo) as own:
            tucked(own)
            os.kill(os.getpid(), signal.SIGKILL)

    assert forked(die) == -signal.SIGKILL
    assert sender(database).turn(NOW) == 1
    assert versions(receiver) == [("switch/1", 1)]


def test_a_sender_killed_before_it_wrote_down_is_followed_by_one_that_sends_again(
    database: Database, receiver: Vendor
) -> None:
    subscribed(database, f"{receiver.address}/hook")
    said(database, "thing", 1)

    def die() -> None:
        with database_at(database.conninfo) as own, pytest.MonkeyPatch.context() as patch:
            patch.setattr(queue, "settle", lambda *_told: os.kill(os.getpid(), signal.SIGKILL))
            sender(own, lease_s=0.5).turn(NOW)

    assert forked(die) == -signal.SIGKILL
    assert states(database) == [("thing", 1, "waiting", 0)]
    said(database, "thing", 2)
    sends_when_the_lease_is_over(database)
    assert versions(receiver) == [("thing", 1), ("thing", 2)]


def sends_when_the_lease_is_over(database: Database) -> None:
    """The server's clock says when; it is asked to wait for it."""
    with database.connect() as rows:
        rows.execute("select pg_sleep_until(leased_until) from webhook_subscribers")
    assert sender(database).turn(NOW) == 1


def test_who_was_stopped_before_its_first_byte_sends_nothing_when_it_wakes(
    database: Database, receiver: Vendor
) -> None:
    subscribed(database, f"{receiver.address}/hook")
    said(database, "thing", 1)
    read, write = os.pipe()

    async def resolve(_host: str, _port: int) -> list[str]:
        os.write(write, b".")
        os.kill(os.getpid(), signal.SIGSTOP)
        return ["127.0.0.1"]

    if (pid := os.fork()) == 0:
        try:
            with database_at(database.conninfo) as own:
                post = Post(OPENED, resolve, attempt_s=0.2)
                Sender(own, post, SECRET_KEY, lease_s=0.5).turn(NOW)
        finally:
            os._exit(0)
    try:
        assert os.read(read, 1) == b"."
        os.waitpid(pid, os.WUNTRACED)
        said(database, "thing", 2)
        sends_when_the_lease_is_over(database)
    finally:
        os.kill(pid, signal.SIGCONT)
        os.waitpid(pid, 0)
        os.close(read)
        os.close(write)
    assert versions(receiver) == [("thing", 2)]
    assert states(database) == [("thing", 1, "superseded", 0), ("thing", 2, "sent", 1)]


def test_of_two_senders_one_has_the_subscriber_until_its_lease_is_over(
    database: Database,
) -> None:
    subscribed(database, "https://chat.example.org/hook")
    said(database, "thing", 1)
    with database.connect(autocommit=True) as rows:
        assert queue.claim(rows, "ann", NOW) is not None
        assert queue.claim(rows, "bob", NOW) is None
        assert queue.following(rows, "widget", "ann", NOW, lease_s=0.0) is not None
        assert queue.claim(rows, "bob", NOW) is not None
        with pytest.raises(LeaseLost):
            queue.following(rows, "widget", "ann", NOW)
        queue.let_go(rows, "widget", "ann")  # it is not his to give back
        assert queue.claim(rows, "ann", NOW) is None
        assert queue.following(rows, "widget", "bob", NOW) is not None


def test_who_lost_its_lease_writes_nothing_down(database: Database, receiver: Vendor) -> None:
    subscribed(database, f"{receiver.address}/hook")
    said(database, "thing", 1)

    def taken_over(_asked: Asked) -> Answer:
        with database.connect() as rows:
            rows.execute("update webhook_subscribers set lease = 'another'")
        return broken()

    receiver.says("/hook", taken_over)
    sender(database).turn(NOW)
    assert states(database) == [("thing", 1, "waiting", 0)]


def test_a_name_that_turns_to_our_own_network_is_sent_nothing(
    database: Database, receiver: Vendor
) -> None:
    """Rebinding: the address that was judged is the one that is connected to."""
    port = receiver.address.rpartition(":")[2]
    subscribed(database, f"http://rebinding.example:{port}/hook")
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])

    async def resolve(_host: str, _port: int) -> list[str]:
        return next(answers)

    rebound = Sender(database, Post(OPENED, resolve), SECRET_KEY)
    said(database, "thing", 1)
    assert rebound.turn(NOW) == 1
    assert receiver.asked[0].headers["host"] == f"rebinding.example:{port}"
    said(database, "thing", 2)
    assert rebound.turn(NOW) == 0
    with database.connect() as rows:
        assert "169.254.169.254 is not on the internet" in (deliveries.newest(rows)[0].error or "")


def test_without_the_setting_loopback_is_sent_nothing(database: Database, receiver: Vendor) -> None:
    subscribed(database, f"{receiver.address}/hook")
    said(database, "thing", 1)
    assert Sender(database, Post(Reach()), SECRET_KEY).turn(NOW) == 0
    assert receiver.asked == []


def test_a_proxy_of_the_environment_is_not_asked(
    database: Database, receiver: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    subscribed(database, f"{receiver.address}/hook")
    said(database, "thing", 1)
    assert sender(database).turn(NOW) == 1


def test_what_was_settled_a_month_ago_is_forgotten(database: Database, receiver: Vendor) -> None:
    subscribed(database, f"{receiver.address}/hook")
    said(database, "thing", 1)
    sender(database).turn(NOW)
    said(database, "thing", 2)
    with database.connect() as rows:
        assert deliveries.forget(rows, NOW + timedelta(days=29)) == 0
        assert deliveries.forget(rows, NOW + timedelta(days=31)) == 1
    assert json.dumps(states(database)) == '[["thing", 2, "waiting", 0]]'
