"""Identities at rest: a keyed hash to join on, a masked form to show; never the value itself.

What is hashed is one spelling of the identity: E.164 for telephone numbers (libphonenumber;
numbers without a country are of the source's region), lower case for addresses.  A WhatsApp or
SMS address *is* a telephone number, so it is the same identity as that number's calls.
What names nobody (withheld, unknown, no-reply, a number of one digit only) is no identity.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

from ingest.events import Identity

REGION = "FR"
#: Kinds whose value is a telephone number.
_DIALLED = frozenset({"phone", "whatsapp", "sms"})
_NOBODY = frozenset({
    "anonymous", "anonyme", "unknown", "inconnu", "withheld", "private", "prive", "restricted",
    "unavailable", "masked", "masque", "blocked", "unlisted", "asterisk", "undefined", "null",
    "none", "nil", "nan", "n/a", "na", "unidentified", "invalid",
})  # fmt: skip
#: Mailboxes of machines.
_MACHINE = re.compile(r"(no-?reply|do-?not-?reply|ne-?pas-?repondre|mailer-daemon|postmaster)[+@]")
#: Numbers that need no parsing: French and North American ones, written without ornament.
_PLAIN = re.compile(r"\+(?:33[1-9]\d{8}|1[2-9]\d\d[2-9]\d{6})", re.ASCII)
_NATIONAL = re.compile(r"0[1-9]\d{8}", re.ASCII)
#: What precedes the number in an address: sip:, tel:, whatsapp:.
_SCHEME = re.compile(r"^\s*[a-z]+:", re.IGNORECASE)

Sealed = tuple[str, str, str]


@lru_cache(maxsize=65_536)
def sealed(identity: Identity, key: bytes, region: str = REGION) -> Sealed | None:
    """(kind, hash of 32 hex digits, masked form); None for a value that names nobody.

    The same identity gives the same hash under the same key, however it is spelt.
    """
    kind, value = normalised(identity, region)
    if value is None:
        return None
    digest = hashlib.blake2b(f"{kind}\x1f{value}".encode(), key=key, digest_size=16)
    return kind, digest.hexdigest(), masked(kind, value)


def normalised(identity: Identity, region: str = REGION) -> tuple[str, str | None]:
    """(kind, one spelling for one identity); no spelling for what is no identity.

    `region`: the country (ISO 3166, two letters) of numbers written without one.
    """
    kind = identity.kind
    if kind in _DIALLED:
        return "phone", _number(identity.value, region, international=kind == "whatsapp")
    value = identity.value.strip()
    if kind == "email":
        return kind, _address(value)
    return kind, None if _names_nobody(value) else value


def is_region(name: str) -> bool:
    """Whether it is a country that has telephone numbers: two capital letters."""
    if name == REGION:
        return True
    from phonenumbers import SUPPORTED_REGIONS

    return name in SUPPORTED_REGIONS


def masked(kind: str, value: str) -> str:
    """What a screen may show: the ends of a number, the domain of an address."""
    if kind == "email":
        name, _, domain = value.partition("@")
        return f"{name[:1]}•••@{domain}"
    shown = 3 if value.startswith("+") else 2
    return f"{value[:shown]}•••{value[-2:]}" if len(value) > 6 else "•••"


def _number(value: str, region: str, *, international: bool) -> str | None:
    """E.164, or None.  `international`: the country comes first, also without a +."""
    if international and value.isdecimal():
        value = f"+{value}"
    if _PLAIN.fullmatch(value):
        number = value
    elif region == "FR" and _NATIONAL.fullmatch(value):
        number = f"+33{value[1:]}"
    else:
        return _parsed(value, region)
    return None if _one_digit(number[3:]) else number


def _parsed(value: str, region: str) -> str | None:
    """By libphonenumber, 50 µs; None for what has not the length of a number of its country."""
    import phonenumbers  # 60 ms and 5 MB that plain numbers do without

    bare = _SCHEME.sub("", value).partition("@")[0]
    try:
        number = phonenumbers.parse(bare, region)
    except phonenumbers.NumberParseException:
        return None
    # Possible, not valid: new ranges, and those of films and demos, are in no list of ours.
    if not phonenumbers.is_possible_number(number) or _one_digit(str(number.national_number)):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _one_digit(number: str) -> bool:
    return number == number[:1] * len(number)


def _address(value: str) -> str | None:
    if value.endswith(">"):
        value = value[value.rfind("<") + 1 : -1]
    value = value.lower().removeprefix("mailto:").strip()
    name, at, domain = value.rpartition("@")
    if not (at and name and domain) or domain == "invalid" or domain.endswith(".invalid"):
        return None
    return None if name in _NOBODY or _MACHINE.match(value) else value


def _names_nobody(value: str) -> bool:
    """Empty, zeros and dashes only, or a word for «not known»."""
    return not value.strip("0-. ") or value.lower() in _NOBODY


def identity_key(digest: str) -> int:
    """The key of an identity: the first half of its hash, as a signed number."""
    return int.from_bytes(bytes.fromhex(digest[:16]), "big", signed=True)
