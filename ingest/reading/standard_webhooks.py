"""Who pushes in our own format: a bearer token, or a signature after Standard Webhooks.

Standard Webhooks (standardwebhooks.com): ``webhook-id``, ``webhook-timestamp`` (epoch seconds,
at most 5 minutes away from our clock) and ``webhook-signature``: one or several, with spaces
between, of ``v1,base64(HMAC-SHA256(secret, "{id}.{timestamp}.{body}"))``; the secret is written
``whsec_`` and base64.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from ingest.connector import Source
from ingest.errors import BadSignature
from ingest.reading.options import secret_variable
from ingest.reading.signature import same

#: More are not looked at: a sender rotates between two secrets, not between a thousand.
SIGNATURES = 8
#: Shorter secrets are guessed: the standard asks for 24 bytes at least.
SECRET_BYTES = 24


def check_pushed(source: Source, headers: Mapping[str, str], body: bytes) -> None:
    """Raise BadSignature unless the sender shows the source's token or signs with its secret."""
    if (bearer := bearer_of(headers)) is not None:
        if not source.token or not same(bearer, source.token):
            raise BadSignature("the bearer token is of no source that takes CloudEvents here")
    elif "webhook-signature" in headers:
        check_signed(source, headers, body)
    else:
        raise BadSignature("send Authorization: Bearer …, or sign after Standard Webhooks")


def bearer_of(headers: Mapping[str, str]) -> str | None:
    """The bearer token that the sender shows, if any."""
    scheme, _, token = headers.get("authorization", "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def check_signed(source: Source, headers: Mapping[str, str], body: bytes) -> None:
    """Raise BadSignature unless one of the signatures is the source's, and of these minutes."""
    webhook = Webhook(_secret(source))
    told = dict(headers)
    signatures = told.get("webhook-signature", "").split(" ")[:SIGNATURES]
    if not any(_fits(webhook, told | {"webhook-signature": one}, body) for one in signatures):
        raise BadSignature("no webhook-signature fits the body, the id and a recent timestamp")


def _fits(webhook: Webhook, headers: dict[str, str], body: bytes) -> bool:
    """The library judges; on what is no signature at all it stumbles."""
    try:
        webhook.verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError, OverflowError):
        return False
    return True


def _secret(source: Source) -> bytes:
    try:
        secret = base64.b64decode((source.secret or "").removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) < SECRET_BYTES:
        raise BadSignature(
            f"source {source.name} has no secret to check signatures with: "
            f"{secret_variable(source.name)} is to be whsec_ and base64 of {SECRET_BYTES} bytes "
            "or more"
        )
    return secret
