"""One vendor's REST API: JSON in, JSON out; what goes wrong says whether asking again helps.

- :class:`~ingest.errors.Fatal`: it refuses (401, 403, 404, other 4xx), it sends us elsewhere,
  its certificate is not trusted.  A person must act.
- :class:`~ingest.errors.Retriable`: it is busy (429, 503), broken (5xx), silent, slow, cut off
  or talks no JSON.  `after_s` is what Retry-After said; without it a few quick tries were made.

No message holds a secret: neither headers nor query nor the base's path (Telegram's token is
one) nor the body of an answer is ever repeated.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from hashlib import sha256

import httpx2
import msgspec
import stamina
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from ingest.closing import Closing
from ingest.errors import Fatal, NotAdmitted, Retriable
from ingest.trust import authorities

#: An answer longer than this is not read to its end.
LONGEST_BYTES = 32 * 1024 * 1024
#: A whole answer may take so many times the time that one step of it may.
PATIENCE = 6
#: Quick tries of one question; the worker's back-off follows.
TRIES = 3
#: What 429 means where it does not say how long: vendors count by the minute.
BUSY_S = 60.0

_BUSY = frozenset({429, 503})
_LATER = _BUSY | {408, 425}
_WHERE_TO_LOOK = {
    401: "check the source's token or secret",
    403: "check what the source's token or secret may read",
    404: "check the address and the ids in the source's table",
}

# Their INFO lines spell out whole addresses, and some vendors put the token there.
logging.getLogger("httpx2").setLevel(logging.WARNING)
logging.getLogger("httpcore2").setLevel(logging.WARNING)


class ApiClient(Closing):
    """Asks one API below `base`, with the same `headers` each time; any thread may ask.

    `timeout_s` bounds each step (connect, send, every read), and :data:`PATIENCE` times as
    much the whole answer.  `requests_per_minute` is kept across all clients of this process
    that ask the same API with the same headers: a question waits for its turn.
    Raises Fatal where `base` is no http(s) address.
    """

    def __init__(
        self,
        base: str,
        *,
        headers: Mapping[str, str] = {},
        timeout_s: float = 10.0,
        requests_per_minute: int | None = None,
    ) -> None:
        self._base = _address(base)
        self._client = httpx2.Client(
            base_url=self._base, headers=dict(headers), timeout=timeout_s,
            follow_redirects=False, verify=authorities(),
        )
        self._longest_s = timeout_s * PATIENCE
        self._pace = requests_per_minute and RateLimitItemPerMinute(requests_per_minute)
        self._account = sha256(repr((base, sorted(headers.items()))).encode()).hexdigest()

    def get(self, path: str, params: Mapping[str, str | int] = {}) -> object:
        """The decoded JSON at the path.

        The path is taken below the base; a whole address (a vendor's «next page») must be of
        the same server, else Fatal.
        """
        return self._ask("GET", path, params=params)

    def post(
        self,
        path: str,
        *,
        json: object = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] = {},
    ) -> object:
        """The decoded JSON answered to a JSON or form body; None where nothing was (204).

        It may be sent more than once: use it to ask, not to change.
        """
        content = None if form is not None else msgspec.json.encode(json)
        kind = {} if form is not None else {"content-type": "application/json"}
        data = None if form is None else dict(form)
        return self._ask("POST", path, content=content, data=data, headers=kind | dict(headers))

    def close(self) -> None:
        """Close the connections; harmless when repeated."""
        self._client.close()

    def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] = {},
        content: bytes | None = None,
        data: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> object:
        url, what = self._url(path).copy_merge_params(dict(params)), self._named(method, path)
        request = self._client.build_request(
            method, url, content=content, data=data, headers=headers
        )
        for attempt in stamina.retry_context(
            on=_soon, attempts=TRIES, timeout=None, wait_initial=0.1, wait_jitter=0.2
        ):
            with attempt, _telling(what):
                self._wait_for_our_turn()
                return self._answer(request, what)
        raise AssertionError("the last try returns or raises")

    def _answer(self, request: httpx2.Request, what: str) -> object:
        until = time.monotonic() + self._longest_s
        response = self._client.send(request, stream=True)
        try:
            _refuse(response, what)
            body = _body(response, what, until)
        finally:
            response.close()
        if response.status_code == 204:
            return None
        try:
            return msgspec.json.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Retriable(f"{what}: the answer is no JSON, or only the start of it") from error

    def _url(self, path: str) -> httpx2.URL:
        """The path, or the whole address of the same server."""
        if "://" not in path.partition("?")[0]:
            return httpx2.URL(path)
        there = _address(path)
        if _server(there) != _server(self._base):
            raise Fatal(f"{self._base.host} sends us on to {there.host}: not followed")
        return there

    def _named(self, method: str, path: str) -> str:
        """What is asked, as messages name it: no query, nothing of the base's path."""
        below = path.partition("?")[0]
        below = httpx2.URL(below).path if "://" in below else below
        below = below.removeprefix(self._base.path.rstrip("/"))
        return f"{method} {self._base.host} /{below.lstrip('/')}"

    def _wait_for_our_turn(self) -> None:
        while self._pace and not _limiter().hit(self._pace, self._account):
            free_at = _limiter().get_window_stats(self._pace, self._account).reset_time
            _NEVER.wait(max(0.05, free_at - time.time()))


#: Waiting on it is waiting.
_NEVER = threading.Event()


@cache
def _limiter() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(MemoryStorage())


def _address(said: str) -> httpx2.URL:
    try:
        url = httpx2.URL(said)
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise Fatal("an API's address reads https://host/path, without user or password")
    return url


def _server(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _soon(error: Exception) -> bool:
    """Whether a quick second try may help."""
    return isinstance(error, Retriable) and error.after_s is None


@contextmanager
def _telling(what: str) -> Iterator[None]:
    """The library's errors as ours.  Not chained: theirs carry the request with its headers."""
    try:
        yield
    except httpx2.TimeoutException:
        raise Retriable(f"{what}: no answer in time") from None
    except httpx2.LocalProtocolError:
        raise Fatal(f"{what}: its token holds a character that no header may hold") from None
    except httpx2.TransportError as error:
        if _distrusted(error):
            raise Fatal(f"{what}: its certificate is not one we trust") from None
        raise Retriable(f"{what}: the connection fails ({type(error).__name__})") from None
    except (httpx2.RequestError, httpx2.InvalidURL) as error:
        raise Retriable(f"{what}: unreadable answer ({type(error).__name__})") from None


def _distrusted(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


def _refuse(response: httpx2.Response, what: str) -> None:
    """Raise what the status means, unless it is a success."""
    status = response.status_code
    if 200 <= status < 300:
        return
    said = f"{what} answered {status}"
    if 300 <= status < 400:
        raise Fatal(f"{said}: it sends us elsewhere, which is not followed; check the address")
    if status in _LATER or status >= 500:
        after_s = _retry_after(response)
        raise Retriable(said, BUSY_S if after_s is None and status == 429 else after_s)
    kind = NotAdmitted if status == 401 else Fatal
    raise kind(f"{said}: {_WHERE_TO_LOOK.get(status, 'check the table of the source')}")


def _retry_after(response: httpx2.Response) -> float | None:
    """The seconds that Retry-After asks for, told as seconds or as an HTTP date."""
    told = response.headers.get("retry-after", "").strip()
    if told.isascii() and told.isdecimal():
        return float(told[:12])
    until, their_now = _http_date(told), _http_date(response.headers.get("date", ""))
    if until is None:
        return None
    return max(0.0, (until - (their_now or datetime.now(UTC))).total_seconds())


def _http_date(told: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(told)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _body(response: httpx2.Response, what: str, until: float) -> bytes:
    """The unpacked body, never more of it than the cap."""
    body = bytearray()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > LONGEST_BYTES:
            raise Retriable(f"{what}: the answer is over 32 MB; ask for smaller pages")
        if time.monotonic() > until:
            raise Retriable(f"{what}: the answer takes too long")
    return bytes(body)
