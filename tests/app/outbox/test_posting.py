"""Over TLS: the connection goes to the judged address, the certificate is for the name."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from app.outbox import posting
from app.outbox.posting import Letter, Post
from app.outbox.schedule import Outcome
from tests.app.outbox.receiving import OPENED

NAME = "hook.example"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificate and key for NAME, which nobody but a test trusts."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here to make a certificate with")
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "1", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}",
         "-keyout", path, "-out", path.with_suffix(".crt")],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + path.with_suffix(".crt").read_text())
    return path


class _Taking(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.hosts.append(self.headers["host"])  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test tells."""


@pytest.fixture
def port(certificate: Path) -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), _Taking)
    server.hosts = []  # type: ignore[attr-defined]
    server.handle_error = lambda *_whose: None  # type: ignore[method-assign]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def sent(url: str) -> Outcome:
    async def resolve(_host: str, _port: int) -> list[str]:
        return ["127.0.0.1"]

    letter = Letter(url, "msg_1", b"{}", ["whsec_c2VjcmV0"])
    return asyncio.run(Post(OPENED, resolve).send(letter, datetime.now(UTC)))


def test_the_certificate_must_be_trusted_and_for_the_name(
    port: HTTPServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = port.server_address[1]
    assert "certificate verify failed" in (sent(f"https://{NAME}:{number}/").error or "")
    trusting = ssl.create_default_context(cafile=certificate.with_suffix(".crt"))
    monkeypatch.setattr(posting, "authorities", lambda: trusting)
    assert sent(f"https://{NAME}:{number}/hook") == Outcome(204)
    assert port.hosts == [f"{NAME}:{number}"]  # type: ignore[attr-defined]
    assert "not valid for 'other.example'" in (sent(f"https://other.example:{number}/").error or "")
