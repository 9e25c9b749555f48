"""Reasons: each one over time."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode

from app.components.vocabulary import Vocabulary
from app.exposure.service import ExposureService
from app.i18n import N_
from app.palette import Asked, Target

ORDER = 50
TITLE = N_("Reasons")


def targets(asked: Asked) -> Iterator[Target]:
    """Every reason of the house."""
    vocabulary = Vocabulary.of(ExposureService(asked.house.database).read())
    for choice in vocabulary.of_kind("reason"):
        to = "/channels?" + urlencode({"reason": choice.value})
        yield Target(choice.label, to=to, words=choice.value)
