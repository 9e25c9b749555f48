"""Telephone numbers that may be called back."""

from __future__ import annotations

import hashlib

import msgspec

from ingest.events import Identity
from ingest.identity import normalised, sealed


class Number(msgspec.Struct, frozen=True):
    """E.164 to dial, the masked form to show, and the keyed hash to find it again by."""

    e164: str
    masked: str
    key: str


def number_of(written: str, secret_key: str, region: str) -> Number | None:
    """The number as it was written; None for what is none, and for what costs who calls it."""
    identity = Identity("phone", written)
    _, e164 = normalised(identity, region)
    hidden = sealed(identity, hashlib.sha256(secret_key.encode()).digest(), region)
    if e164 is None or hidden is None or _is_dear(e164):
        return None
    return Number(e164, hidden[2], hidden[1])


def _is_dear(e164: str) -> bool:
    """Is it a number by which its owner earns, of no country, or which reaches no person?"""
    import phonenumbers  # 60 ms that only who books pays

    number = phonenumbers.parse(e164)
    kind = phonenumbers.number_type(number)
    region = phonenumbers.region_code_for_number(number)
    # Satellites and conferences: no country has them, and a minute costs euros.
    return region == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY or kind in (
        phonenumbers.PhoneNumberType.PREMIUM_RATE,
        phonenumbers.PhoneNumberType.SHARED_COST,
        phonenumbers.PhoneNumberType.PERSONAL_NUMBER,
        phonenumbers.PhoneNumberType.PAGER,
        phonenumbers.PhoneNumberType.VOICEMAIL,
    )
