"""A provider of OpenID Connect on this machine that answers as a test tells it to, over HTTP.

It checks PKCE and gives each code once; what the id token says may be spoilt on the way.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

Claims = dict[str, object]


@dataclass
class HostileProvider:
    """One that is honest until `spoil` or `signed` is set."""

    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    claims: Claims = field(default_factory=dict)
    spoil: Callable[[Claims], object] | None = None
    #: Makes the id token in another way than by signing the claims with the key.
    signed: Callable[[Claims], str] | None = None
    described: dict[str, str] = field(default_factory=dict)
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    exchanges: int = 0

    def authorize(self, url: str) -> str:
        """What a browser does there: the address that it is sent back to."""
        told = {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
        code = secrets.token_urlsafe(8)
        self.asked[code] = told
        return f"{told['redirect_uri']}?{urlencode({'code': code, 'state': told['state']})}"

    def description(self) -> dict[str, str]:
        ours = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
        }
        return ours | self.described

    def exchange(self, told: dict[str, str]) -> tuple[int, dict[str, object]]:
        """The id token for a code, once, and only for the verifier of its challenge."""
        self.exchanges += 1
        asked = self.asked.pop(told.get("code", ""), None)
        if asked is None:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(told["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if challenge != asked["code_challenge"] or asked["code_challenge_method"] != "S256":
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.token(asked)}

    def token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims: Claims = {
            "iss": self.issuer, "aud": asked["client_id"], "sub": "subject-1", "iat": now,
            "exp": now + 300, "nonce": asked["nonce"], **self.claims,
        }  # fmt: skip
        if self.spoil is not None:
            self.spoil(claims)
        if self.signed is not None:
            return self.signed(claims)
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)

    def by_our_secret(self, claims: Claims) -> str:
        """Signed with what the house itself could sign with."""
        return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("secret-of-the-house" * 2))

    def by_nobody(self, claims: Claims) -> str:
        """«alg none»: no signature at all."""
        return f"{_part({'alg': 'none'})}.{_part(claims)}."

    def by_another(self, claims: Claims) -> str:
        """Signed well, with a key that is not the provider's, under its name."""
        other = RSAKey.generate_key(2048, {"kid": "one"})
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, other)


def _part(content: Claims) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


@contextmanager
def served(provider: HostileProvider) -> Iterator[HostileProvider]:
    """It answers on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = {
                "/.well-known/openid-configuration": provider.description,
                "/keys": lambda: {"keys": [provider.key.as_dict(private=False)]},
            }
            answer = known.get(self.path)
            self._answer(200 if answer else 404, answer() if answer else {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            told = {key: values[0] for key, values in parse_qs(body).items()}
            self._answer(*provider.exchange(told))

        def _answer(self, status: int, content: object) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_told: object) -> None:
            """Nothing on the tests' stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
