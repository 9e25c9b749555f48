"""What Twilio's webhooks share: form fields, and the signature over address and fields.

Twilio signs the address that it calls, as it was typed into its console, so the source's table
says it: ``url = "https://care.example.com/api/v1/webhooks/NAME"``.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from ingest.connector import Source
from ingest.errors import BadSignature, RejectedEvent
from ingest.reading import options
from ingest.reading.signature import check, in_base64

#: The type of every delivery.
FORM = "application/x-www-form-urlencoded"
#: Twilio sends some sixty fields; nobody sends a thousand.
MOST_FIELDS = 1_000

Fields = Mapping[str, str]


def fields_of(body: bytes) -> Fields:
    """The fields of a form; of one sent twice the last.  Raises RejectedEvent for no form."""
    fields = dict(_pairs(body))
    if not fields:
        raise RejectedEvent("bad_record", "the form holds no field")
    return fields


def check_signature(source: Source, headers: Mapping[str, str], body: bytes) -> None:
    """Raise BadSignature unless ``X-Twilio-Signature`` fits the source's url and the fields.

    base64(HMAC-SHA1(auth token, url + each field's name and value, sorted by name)).
    """
    if (url := options.text(source, "url")) is None:
        raise BadSignature(
            f'[sources.{source.name}] needs a line url = "https://…": the address that Twilio calls'
        )
    try:
        pairs = sorted(set(_pairs(body)))
    except RejectedEvent as error:
        raise BadSignature("the body is no form that could be signed") from error
    signed = url + "".join(name + value for name, value in pairs)
    check(source, headers, "x-twilio-signature", signed.encode(), by="sha1", written=in_base64)


def _pairs(body: bytes) -> list[tuple[str, str]]:
    """Names and values as they were before they were escaped."""
    try:
        return parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict"
        )
    except UnicodeDecodeError as error:
        raise RejectedEvent("bad_encoding", "the form is not UTF-8") from error
    except ValueError as error:
        raise RejectedEvent("bad_record", "the form cannot be read") from error
