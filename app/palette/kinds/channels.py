"""Channels: each one over time."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from app.components.vocabulary import Vocabulary
from app.exposure.service import ExposureService
from app.i18n import N_
from app.palette import Asked, Target

ORDER = 30
TITLE = N_("Channels")


def targets(asked: Asked) -> Iterator[Target]:
    """Every contact mode of the house."""
    vocabulary = Vocabulary.of(ExposureService(asked.house.database).read())
    for choice in vocabulary.channels():
        to = "/channels?" + urlencode({"channel": choice.value})
        yield Target(choice.label, to=to, words=choice.value)
