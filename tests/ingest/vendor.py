"""A vendor's server on loopback: real HTTP, and it misbehaves as told.

    with Vendor() as vendor:
        vendor.says("/messages", busy(7), {"messages": []})     # first 429, from then on this
        vendor.says("/people", lambda asked: page_of(asked.query["page"]))
        client = ApiClient(vendor.address)
        …
        assert [asked.query for asked in vendor.asked] == …

An answer is JSON to give (a dict, a list), an `Answer`, or a function of what was asked that
gives one of these.  Several are given one after the other, the last for ever.  A path that
was not told is answered with 404.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR
from urllib.parse import parse_qsl, urlsplit

from ingest.closing import Closing

#: Longer than anything here takes; reached only by a failure.
SOON_S = 60.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; header names in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> object:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back; pieces are sent chunk by chunk as they come."""

    body: bytes | Iterable[bytes] = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    #: The length is told, but only half of the body comes, and the line is cut.
    cut: bool = False
    #: Nothing is answered while the vendor stands.
    hangs: bool = False


def says_json(value: object, status: int = 200) -> Answer:
    return Answer(json.dumps(value).encode(), status, {"content-type": "application/json"})


def busy(after: int | str | None = None, status: int = 429) -> Answer:
    """429 (or 503); `after` is Retry-After: seconds or an HTTP date."""
    return Answer(status=status, headers={} if after is None else {"retry-after": str(after)})


def broken(status: int = 500) -> Answer:
    return Answer(b"<html>Internal Server Error</html>", status, {"content-type": "text/html"})


def hangs() -> Answer:
    return Answer(hangs=True)


def truncated(value: object) -> Answer:
    """The first half of the JSON, then the line is cut."""
    return replace(says_json(value), cut=True)


def half_json(value: object) -> Answer:
    """The first half of the JSON as if it were all."""
    whole = json.dumps(value).encode()
    return Answer(whole[: len(whole) // 2], headers={"content-type": "application/json"})


def elsewhere(address: str) -> Answer:
    return Answer(status=302, headers={"location": address})


Reply = Answer | dict[str, object] | list[object]
Replies = Reply | Callable[[Asked], Reply]


class Vendor(Closing):
    """The server; its routes may be told anew at any time, also while it is being asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._routes: dict[str, list[Replies]] = {}
        self._changed = threading.Condition()
        self.over = threading.Event()
        self._failures: list[BaseException] = []
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def says(self, path: str, *answers: Replies) -> None:
        with self._changed:
            self._routes[path] = list(answers)

    def times(self, path: str) -> int:
        """How often it was asked for the path."""
        with self._changed:
            return sum(each.path == path for each in self.asked)

    def until_asked(self, path: str, times: int = 1, timeout_s: float = SOON_S) -> None:
        """Wait until the path was asked for so often."""
        with self._changed:
            assert self._changed.wait_for(
                lambda: sum(each.path == path for each in self.asked) >= times, timeout_s
            ), f"{path} was not asked for {times} times"

    def answer(self, asked: Asked) -> Answer:
        with self._changed:
            self.asked.append(asked)
            self._changed.notify_all()
            answers = self._routes.get(asked.path) or [Answer(b"no such page", 404)]
            reply = answers.pop(0) if len(answers) > 1 else answers[0]
        if callable(reply):
            reply = reply(asked)
        return reply if isinstance(reply, Answer) else says_json(reply)

    def failed(self, error: BaseException) -> None:
        self._failures.append(error)

    def close(self) -> None:
        """Let go of everybody, and stop; a mistake in a route's function is raised here."""
        if self.over.is_set():
            return
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()
        if self._failures:
            raise self._failures[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self._lines: set[object] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: object, client_address: object) -> None:
        self._lines.add(request)
        super().process_request(request, client_address)  # type: ignore[arg-type]

    def shutdown_request(self, request: object) -> None:
        self._lines.discard(request)
        super().shutdown_request(request)  # type: ignore[arg-type]

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing is printed: the handler has kept what matters."""

    def hang_up(self) -> None:
        """End the lines that clients keep open."""
        for line in list(self._lines):
            try:
                line.shutdown(SHUT_RDWR)  # type: ignore[attr-defined]
            except OSError:
                # It hung up first.
                continue


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    #: A head and its body are sent apart: the body must not wait until the head is acknowledged.
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        vendor = self.server.vendor
        try:
            self._send(vendor.answer(self._asked()))
        except ConnectionError:
            # The client had enough: that is its right.
            self.close_connection = True
        except Exception as error:
            vendor.failed(error)
            raise

    do_POST = do_PUT = do_DELETE = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test tells what was asked."""

    def _asked(self) -> Asked:
        there = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        query = dict(parse_qsl(there.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Asked(self.command, there.path, query, headers, body)

    def _send(self, answer: Answer) -> None:
        if answer.hangs:
            self.server.vendor.over.wait()
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if isinstance(answer.body, bytes):
            self._send_whole(answer.body, answer.cut)
        else:
            self._send_pieces(answer.body)

    def _send_whole(self, body: bytes, cut: bool) -> None:
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        self.close_connection = self.close_connection or cut

    def _send_pieces(self, pieces: Iterable[bytes]) -> None:
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            if self.server.vendor.over.is_set():
                return
        self.wfile.write(b"0\r\n\r\n")
