"""One attempt: a signed POST to a judged address; no redirect is followed, no answer believed.

The whole of it ends within `ATTEMPT_S`, however slowly the other side speaks.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version

import httpx2
from standardwebhooks import Webhook

from app.outbox.addresses import Reach, Resolve, Target
from app.outbox.errors import LeaseLost, NotReachable
from app.outbox.naming import resolve
from app.outbox.schedule import Outcome
from ingest.trust import authorities

ATTEMPT_S = 8.0
_USER_AGENT = f"vigie/{version('vigie')}"
# It would print every address at INFO.
logging.getLogger("httpx2").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent: the message's id, steady over attempts, its body, and who signs."""

    url: str
    message: str
    body: bytes
    secrets: Sequence[str]


@dataclass(frozen=True, slots=True)
class Post:
    """How letters are sent; `attempt_s` is for all of an attempt."""

    reach: Reach
    resolve: Resolve = resolve
    attempt_s: float = ATTEMPT_S

    async def send(self, letter: Letter, now: datetime) -> Outcome:
        """Try once; never raises for what the other side does.

        Raises LeaseLost where so much time has passed before the first byte left that somebody
        else may have sent a newer version: this process was stopped.
        """
        late_at = time.monotonic() + self.attempt_s
        try:
            async with asyncio.timeout(self.attempt_s):
                targets = await self.reach.targets(letter.url, self.resolve)
                return await self._deliver(letter, targets, now, late_at)
        except TimeoutError:
            return Outcome(error=f"no answer within {self.attempt_s:g} s")
        except NotReachable as error:
            return Outcome(error=str(error))

    async def _deliver(
        self, letter: Letter, targets: Sequence[Target], now: datetime, late_at: float
    ) -> Outcome:
        outcome = Outcome(error="its name has no address")
        for target in targets:
            try:
                return await _posted(letter, target, now, late_at)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                outcome = Outcome(error=_line(f"no connection to {target.address}", error))
            except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
                return Outcome(error=_line("the connection fails", error))
        return outcome


def signed(letter: Letter, now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks; one signature for each secret."""
    text = letter.body.decode()
    signatures = [Webhook(secret).sign(letter.message, now, text) for secret in letter.secrets]
    return {
        "webhook-id": letter.message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
        "content-type": "application/json",
        "user-agent": _USER_AGENT,
    }


async def _posted(letter: Letter, target: Target, now: datetime, late_at: float) -> Outcome:
    """Over a line of its own to that very address; the certificate is for the name."""
    url = httpx2.URL(letter.url)
    headers = signed(letter, now) | {"host": url.netloc.decode("ascii")}
    extensions = {"sni_hostname": target.host, "trace": _in_time(late_at)}
    client = httpx2.AsyncClient(
        verify=authorities(), trust_env=False, follow_redirects=False, timeout=None
    )
    async with client:
        request = client.build_request(
            "POST", url.copy_with(host=target.address), content=letter.body, headers=headers,
            extensions=extensions,
        )  # fmt: skip
        response = await client.send(request, stream=True)
        try:
            return _outcome(response)
        finally:
            await response.aclose()


def _outcome(response: httpx2.Response) -> Outcome:
    status = response.status_code
    if 200 <= status < 300:
        return Outcome(status)
    if 300 <= status < 400:
        return Outcome(status, f"answered {status}: it sends us elsewhere, which is not followed")
    told = response.headers.get("retry-after", "").strip()
    after = float(told[:12]) if told.isascii() and told.isdecimal() else None
    return Outcome(status, f"answered {status}", after)


def _in_time(late_at: float) -> Callable[[str, object], object]:
    """Asked by the client at each of its steps, also when we come back from having been stopped."""

    async def trace(step: str, _info: object) -> None:
        if step.endswith("send_request_headers.started") and time.monotonic() > late_at:
            raise LeaseLost("so late that another sender may have been here")

    return trace


def _line(what: str, error: Exception) -> str:
    return f"{what}: {' '.join(str(error).split()) or type(error).__name__}"
