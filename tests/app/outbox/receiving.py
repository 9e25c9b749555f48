"""A receiver on loopback, and senders of a house that may reach it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook

from app.exposure.model import Actor, Change, State
from app.exposure.service import ExposureService
from app.outbox import subscribers
from app.outbox.addresses import Reach
from app.outbox.announcing import announce
from app.outbox.posting import Post
from app.outbox.sending import Sender
from app.outbox.subscribers import Subscriber
from ingest.database import Database
from tests.house import SECRET_KEY
from tests.ingest.vendor import Asked, Vendor

NOW = datetime.now(UTC).replace(microsecond=0)
OPENED = Reach.of("127.0.0.0/8")
ANA = Actor("user", "ana", ("operator",))


def sender(database: Database, attempt_s: float = 5.0, lease_s: float = 25.0) -> Sender:
    """One that tries again exactly when the schedule says."""
    post = Post(OPENED, attempt_s=attempt_s)
    return Sender(database, post, SECRET_KEY, lease_s, jitter=lambda low, high: 1.0)


def subscribed(
    database: Database, url: str, name: str = "widget", kinds: tuple[str, ...] = ()
) -> Subscriber:
    with database.connect() as rows:
        return subscribers.add(rows, name, url, kinds, "ana", NOW, OPENED)


def said(database: Database, subject: str, version: int, kind: str = "thing.changed") -> None:
    """Announce one version of something, and commit."""
    body = json.dumps({"subject": subject, "version": version}).encode()
    with database.connect() as rows:
        announce(rows, kind, subject, version, body, NOW)


def tucked(database: Database, share: int = 100, now: datetime = NOW) -> int:
    """Tuck the phone away for billing; the version that made it so."""
    change = Change(
        channel="phone", reason="billing", state=State.TUCKED, share=share, why="too long a wait",
        expires_at=NOW + timedelta(hours=1), message_fr="Écrivez-nous",
    )  # fmt: skip
    return ExposureService(database).set(change, ANA, now).version


def versions(receiver: Vendor, path: str = "/hook") -> list[tuple[str, int]]:
    """Subject and version of every message that came whole, in its order."""
    bodies = [
        json.loads(asked.body)
        for asked in receiver.asked
        if asked.path == path and len(asked.body) == int(asked.headers["content-length"])
    ]
    told = [body.get("data", body) for body in bodies]
    return [(one["subject"], one["version"]) for one in told]


def verified(asked: Asked, secret: str) -> object:
    """The body, if the signature is right by the library that receivers use."""
    return Webhook(secret).verify(asked.body, dict(asked.headers))


def states(database: Database, name: str = "widget") -> list[tuple[str, int, str, int]]:
    """Subject, version, state and attempts of every delivery, oldest first."""
    with database.connect() as rows:
        found = rows.execute(
            "select subject, version, state, attempts from webhook_deliveries"
            " where subscriber = %s order by id",
            [name],
        ).fetchall()
    return [(row[0], row[1], row[2], row[3]) for row in found]
