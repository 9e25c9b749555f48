"""Who the customers are: a segment, several identities, and the channels they like.

Phone numbers come from the ranges that the French regulator keeps for fiction
(01 99 00, 02 61 91, 03 53 01, 04 65 71, 05 36 49 and 06 39 98), mails from example.org.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

CHANNELS = ("phone", "chat", "email", "messaging", "form", "callback")
SURFACES = ("web", "app", "client_area", "email_signature")

SEGMENTS = {"standard": 0.55, "online_only": 0.33, "premium": 0.12}
#: How much each segment likes each channel (relative weights, in the order of CHANNELS).
LIKING = {
    "standard": (6.0, 1.3, 1.7, 0.6, 0.5, 0.5),
    "online_only": (2.2, 2.5, 1.5, 2.2, 0.6, 0.3),
    "premium": (5.0, 1.7, 1.2, 1.0, 0.3, 1.0),
}

FIRST_NAMES = (
    "alice", "amine", "anna", "bastien", "camille", "chloe", "david", "elsa", "fatou", "gabriel",
    "hugo", "ines", "jeanne", "karim", "lea", "louis", "manon", "nadia", "oscar", "paul",
    "rose", "samir", "theo", "yasmine",
)  # fmt: skip
LAST_NAMES = (
    "andre", "bernard", "blanc", "chevalier", "david", "dupont", "faure", "fontaine", "garnier",
    "girard", "guerin", "lambert", "laurent", "legrand", "martin", "mercier", "moreau", "morel",
    "perrin", "petit", "robert", "roux", "simon", "vincent",
)  # fmt: skip
LAND_LINES = ("19900", "26191", "35301", "46571", "53649")
PER_RANGE = 10_000


@dataclass(frozen=True, slots=True)
class Customer:
    """One person behind several identities."""

    crm: str
    segment: str
    phone: str
    mobile: str
    email: str

    def identities(self, channel: str) -> dict[str, str]:
        """What the customer is known by when he comes on that channel."""
        if channel in ("phone", "callback"):
            told = {"phone": self.phone}
        elif channel == "messaging":
            told = {"whatsapp": self.mobile.removeprefix("+")}
        elif channel == "form":
            told = {"email": self.email, "crm": self.crm}
        else:
            told = {"email": self.email}
        return {kind: value for kind, value in told.items() if value}


#: Somebody whose identities are not known any more.
UNKNOWN = Customer(crm="", segment="standard", phone="", mobile="", email="")


def population(seed: int, size: int) -> list[Customer]:
    """So many customers, each with a mobile of his own (at most ten thousand)."""
    if not 1 <= size <= PER_RANGE:
        raise ValueError(f"{size} customers: the fictional numbers are enough for 1 to {PER_RANGE}")
    stream = Random(f"{seed}/customers")
    mobiles = stream.sample(range(PER_RANGE), size)
    segments = stream.choices(list(SEGMENTS), list(SEGMENTS.values()), k=size)
    return [
        _customer(stream, number, segment, mobile)
        for number, (segment, mobile) in enumerate(zip(segments, mobiles, strict=True))
    ]


def _customer(stream: Random, number: int, segment: str, mobile: int) -> Customer:
    mobile_number = f"+3363998{mobile:04d}"
    land_line = f"+33{stream.choice(LAND_LINES)}{stream.randrange(PER_RANGE):04d}"
    name = f"{stream.choice(FIRST_NAMES)}.{stream.choice(LAST_NAMES)}{number}"
    has_land_line = segment == "standard" and stream.random() < 0.45
    return Customer(
        crm=f"C{number:06d}",
        segment=segment,
        phone=land_line if has_land_line else mobile_number,
        mobile=mobile_number,
        email=f"{name}@example.org",
    )
