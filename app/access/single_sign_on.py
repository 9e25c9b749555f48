"""OpenID Connect: a provider says who somebody is, and only what is proven is believed.

Code flow with PKCE (S256), state and nonce.  The id token must be signed with a key of the
provider by an algorithm of the list (never ``none``, never with our own secret), be issued by
it, for us, now, and in answer to this very login.  Between the two steps the browser carries a
sealed note (`Begun`).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import msgspec
from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.httpx_client import AsyncOAuth2Client  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from app.access.options import Provider, is_loopback, is_safe_address
from app.errors import AppError
from ingest.trust import authorities

#: Signatures with a key that only the provider has.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
#: What a provider says (`amr`, RFC 8176) that asked for more than a password.
TWO_FACTORS = "mfa"
LASTS = timedelta(minutes=10)
_LEEWAY_S = 60
_PATIENCE_S = 5.0
_KNOWN_FOR = timedelta(hours=1)
_LARGEST = 1 << 20


class SignOnFailed(AppError):
    """The provider's answer proves nothing; the text is for the log.  Status 401."""

    status = 401


class ProviderAway(AppError):
    """The provider does not answer as one.  Status 503."""

    status = 503


class Begun(msgspec.Struct, frozen=True):
    """What must come back, and where to go then."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    next_path: str


class Metadata(msgspec.Struct, frozen=True):
    """What the provider says of itself, as far as it matters here."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


@dataclass(frozen=True, slots=True)
class Asserted:
    """Whom the provider means, and what it says of them."""

    issuer: str
    subject: str
    claims: Mapping[str, object]

    def values(self, claim: str) -> list[str]:
        """The texts of a claim, «realm_access.roles» too; none where it is not told."""
        found: object = self.claims
        for part in claim.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        told = found if isinstance(found, list) else [found]
        return [value for value in told if isinstance(value, str)]

    def proved_at(self, now: datetime) -> datetime:
        """When they showed the provider who they are, where it tells."""
        told = self.claims.get("auth_time")
        if not isinstance(told, int) or not 0 < told < now.timestamp():
            return now
        return datetime.fromtimestamp(told, UTC)


class SignOn:
    """This house at one provider."""

    def __init__(self, provider: Provider, secret: str) -> None:
        self._provider = provider
        self._secret = secret
        self._metadata: tuple[Metadata, datetime] | None = None
        self._keys: KeySet | None = None

    async def begin(
        self, redirect_uri: str, next_path: str, now: datetime, *, again: bool = False
    ) -> tuple[str, Begun]:
        """The provider's address to go to, and what to remember.  Raises ProviderAway.

        `again`: whoever is logged in there already shows once more who they are.
        """
        metadata = await self._described(now)
        nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        more = {"prompt": "login", "max_age": "0"} if again else {}
        async with self._client(metadata) as client:
            url, state = client.create_authorization_url(
                metadata.authorization_endpoint, code_verifier=verifier, nonce=nonce,
                redirect_uri=redirect_uri, **more,
            )  # fmt: skip
        return str(url), Begun(str(state), nonce, verifier, redirect_uri, next_path)

    async def finish(self, begun: Begun, told: Mapping[str, str], now: datetime) -> Asserted:
        """Who it is, by the query that came back.  Raises SignOnFailed, ProviderAway."""
        if not hmac.compare_digest(told.get("state", "").encode(), begun.state.encode()):
            raise SignOnFailed("the state is not the one that was sent")
        if told.get("iss", self._provider.issuer) != self._provider.issuer:
            raise SignOnFailed("another issuer answers")
        if not (code := told.get("code")):
            raise SignOnFailed(f"no code came: {_short(told.get('error'))}")
        metadata = await self._described(now)
        token = await self._exchanged(metadata, begun, code)
        return await self._verified(metadata, token, begun, now)

    async def _exchanged(self, metadata: Metadata, begun: Begun, code: str) -> str:
        """The id token for the code."""
        try:
            async with self._client(metadata) as client:
                answer = await client.fetch_token(
                    metadata.token_endpoint, grant_type="authorization_code", code=code,
                    code_verifier=begun.verifier, redirect_uri=begun.redirect_uri,
                )  # fmt: skip
        except OAuthError as error:
            raise SignOnFailed(f"the code was refused: {_short(error.error)}") from error
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderAway(f"no token from the provider: {type(error).__name__}") from error
        if not isinstance(token := answer.get("id_token"), str):
            raise SignOnFailed("no id token came")
        return token

    async def _verified(
        self, metadata: Metadata, token: str, begun: Begun, now: datetime
    ) -> Asserted:
        registry = JWTClaimsRegistry(
            now=int(now.timestamp()), leeway=_LEEWAY_S,
            iss={"essential": True, "value": metadata.issuer},
            aud={"essential": True, "value": self._provider.client_id},
            nonce={"essential": True, "value": begun.nonce},
            sub={"essential": True}, exp={"essential": True}, iat={"essential": True},
        )  # fmt: skip
        try:
            claims = (await self._decoded(metadata, token)).claims
            registry.validate(claims)
        except (JoseError, ValueError) as error:
            raise SignOnFailed(f"the id token is refused: {_short(error)}") from error
        party = claims.get("azp", self._provider.client_id)
        if party != self._provider.client_id:
            raise SignOnFailed("the id token was made for somebody else")
        return Asserted(metadata.issuer, str(claims["sub"]), claims)

    async def _decoded(self, metadata: Metadata, token: str) -> jwt.Token:
        """Its signature is right.  A key that is not known may be new: asked once more."""
        if self._keys is not None:
            try:
                return jwt.decode(token, self._keys, algorithms=ALGORITHMS)
            except InvalidKeyIdError:
                self._keys = None
        self._keys = KeySet.import_key_set(await self._fetched(metadata.jwks_uri))
        return jwt.decode(token, self._keys, algorithms=ALGORITHMS)

    async def _described(self, now: datetime) -> Metadata:
        if self._metadata is not None and now < self._metadata[1] + _KNOWN_FOR:
            return self._metadata[0]
        issuer = self._provider.issuer
        told = await self._fetched(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        try:
            metadata = msgspec.convert(told, Metadata)
        except msgspec.ValidationError as error:
            raise ProviderAway(f"the provider does not describe itself: {error}") from error
        if metadata.issuer != issuer:
            raise ProviderAway(f"the provider calls itself {_short(metadata.issuer)}")
        for address in (
            metadata.authorization_endpoint, metadata.token_endpoint, metadata.jwks_uri,
        ):  # fmt: skip
            self._require_safe(address)
        self._metadata = (metadata, now)
        return metadata

    def _require_safe(self, address: str) -> None:
        """No http, and nothing on this machine unless the provider is."""
        here = is_loopback(httpx2.URL(address).host)
        if not is_safe_address(address) or here > is_loopback(
            httpx2.URL(self._provider.issuer).host
        ):
            raise ProviderAway(f"the provider sends to {_short(address)}, which is not safe")

    async def _fetched(self, address: str) -> Any:
        try:
            async with httpx2.AsyncClient(timeout=_PATIENCE_S, verify=authorities()) as client:
                answer = await client.get(address)
            answer.raise_for_status()
            if len(answer.content) > _LARGEST:
                raise ValueError("too large")
            return answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderAway(f"no answer from {address}: {type(error).__name__}") from error

    def _client(self, metadata: Metadata) -> AsyncOAuth2Client:
        ways = metadata.token_endpoint_auth_methods_supported
        way = "client_secret_basic" if "client_secret_basic" in ways else "client_secret_post"
        return AsyncOAuth2Client(
            self._provider.client_id, self._secret or None, scope=self._provider.scope,
            code_challenge_method="S256", timeout=_PATIENCE_S, verify=authorities(),
            token_endpoint_auth_method=way if self._secret else "none",
        )  # fmt: skip


def _short(told: object) -> str:
    """What somebody else said, fit for a line of the log."""
    return "".join(filter(str.isprintable, str(told)))[:120]
