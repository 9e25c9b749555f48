"""Senders killed around a send: nothing is lost, and nothing older comes after what is newer."""

from __future__ import annotations

import os
import random
import signal
import threading

import pytest

from ingest.database import Database, database_at
from tests.app.outbox.receiving import NOW, said, sender, states, subscribed, versions
from tests.ingest.vendor import Answer, Asked, Vendor

SUBJECTS = 4
LEASE_S = 0.15
HOOK = "/hook"


class Killer:
    """Takes messages; whose turn it is dies some milliseconds after one that it has sent."""

    def __init__(self, receiver: Vendor) -> None:
        self.dice, self.pid, self.left = random.Random(7), 0, 0
        receiver.says(HOOK, self.take)

    def take(self, _asked: Asked) -> Answer:
        self.left -= 1
        if self.left == 0:
            when = self.dice.uniform(0.0, 0.01)
            threading.Timer(when, os.kill, (self.pid, signal.SIGKILL)).start()
        return Answer(status=204)


def sends_on(database: Database) -> int:
    """A process that sends until it is killed."""
    if (pid := os.fork()) == 0:
        try:
            with database_at(database.conninfo) as own:
                while True:
                    sender(own, lease_s=LEASE_S).turn(NOW)
        finally:
            os._exit(1)
    return pid


def campaign(database: Database, receiver: Vendor, kills: int) -> tuple[int, int]:
    """Announce until the sender is killed, so often; how many came, and how many came again."""
    killer, version = Killer(receiver), 0
    subscribed(database, f"{receiver.address}{HOOK}")
    for _kill in range(kills):
        killer.left = killer.dice.randint(1, 4)
        killer.pid = sends_on(database)
        while killer.left > 0:
            version, before = version + 1, receiver.times(HOOK)
            said(database, f"thing/{killer.dice.randrange(SUBJECTS)}", version)
            receiver.until_asked(HOOK, before + 1)
        ended = os.waitstatus_to_exitcode(os.waitpid(killer.pid, 0)[1])
        assert ended == -signal.SIGKILL
    with database.connect() as rows:
        rows.execute("select pg_sleep_until(leased_until) from webhook_subscribers")
    sender(database).turn(NOW)
    return checked(database, receiver)


def checked(database: Database, receiver: Vendor) -> tuple[int, int]:
    came, found = versions(receiver), states(database)
    assert {state for *_, state, _attempts in found} <= {"sent", "superseded"}
    newest = {subject: version for subject, version, *_rest in found}
    for subject, last in newest.items():
        in_order = [version for other, version in came if other == subject]
        assert in_order == sorted(in_order), subject
        assert in_order[-1] == last, subject
    return len(came), len(came) - len(set(came))


def test_of_senders_killed_around_a_send_nothing_is_lost(
    database: Database, receiver: Vendor
) -> None:
    came, again = campaign(database, receiver, 8)
    print(f"8 kills: {came} came, {again} of them again")
    assert came > 8


@pytest.mark.long
@pytest.mark.timeout(600)
def test_three_hundred_kills_lose_nothing(database: Database, receiver: Vendor) -> None:
    came, again = campaign(database, receiver, 300)
    print(f"300 kills: {came} came, {again} of them again")
    assert again > 0
