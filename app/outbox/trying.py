"""A message that says nothing, sent at once: does the other side take what we sign?"""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import uuid4

import msgspec

from app.outbox.posting import Letter, Post
from app.outbox.schedule import Outcome
from app.outbox.subscribers import Subscriber

KIND = "webhook.test"


def ping(subscriber: Subscriber, key: str, post: Post, now: datetime) -> Outcome:
    """Send it and tell how that ended; nothing is kept, nothing is tried again."""
    told = {"subject": "test", "version": int(now.timestamp())}
    body = msgspec.json.encode({"type": KIND, "timestamp": now, "data": told})
    secrets = subscriber.secrets(key, now)
    return asyncio.run(post.send(Letter(subscriber.url, f"msg_{uuid4().hex}", body, secrets), now))
