"""Why a change of exposure was refused, in the reader's language."""

from __future__ import annotations

from app.components.vocabulary import Vocabulary
from app.context import current_house
from app.errors import AppError, NotFound
from app.exposure.errors import (
    AlreadyDecided,
    Busy,
    GuardrailRefused,
    InvalidChange,
    KeyReused,
    ScopeTaken,
    Stale,
    UnknownWord,
)
from app.exposure.guardrails import budget, dwell, flips, last_human, rest, two_people
from app.exposure.model import TEXT_CHARS
from app.exposure.service import ExposureService
from app.i18n import N_, NOTHING, _, date_time, integer
from ingest.errors import DatabaseUnavailable

#: By what is wrong with the change itself (:class:`InvalidChange`).
_CODES = {
    "needs_why": N_("Say why: the reason is kept in the history."),
    "needs_expiry": N_("Tucking or closing needs an end: choose for how long."),
    "expired": N_("The end is in the past: choose a longer duration."),
    "ends_before_start": N_("The end comes before the start: choose a longer duration."),
    "too_long": N_("{field}: at most {count} characters."),
    "unprintable": N_("{field}: remove the characters that cannot be printed."),
    "share": N_("The share of visitors is between 0 and 100 %."),
    "no_zone": N_("The time has no zone: add one."),
    "out_of_range": N_("The time must lie between 2000 and 2100."),
}
_FIELDS = {
    "why": N_("Why"),
    "message_fr": N_("Message to customers, in French"),
    "message_en": N_("Message to customers, in English"),
    "owner": N_("Who"),
}
#: By the guardrail that refused it.
_GUARDRAILS = {
    last_human.PROTECTED: N_(
        "Refused: this reason is protected and keeps a channel where people answer at every hour."
    ),
    two_people.NAME: N_(
        "Refused: closing needs a second person; one alone may close in an emergency only, for "
        "{minutes} minutes at most."
    ),
    dwell.NAME: N_(
        "Refused: this scope has just changed and stays as it is until {time}; showing more is "
        "allowed at any time."
    ),
    flips.NAME: N_(
        "Refused: this scope has changed too often within an hour and is frozen until {time}; "
        "showing more is allowed at any time."
    ),
    budget.NAME: N_("Refused: this channel has used up its budget of the day."),
    rest.NAME: N_("Refused: everything has just been opened; rules rest until {time}."),
}
_KINDS: tuple[tuple[type[Exception], str], ...] = (
    (Stale, N_("Somebody changed this switch meanwhile: look again, then decide.")),
    (KeyReused, N_("This change was sent already: see the history, then try again.")),
    (Busy, N_("Another change is being written: try again in a moment.")),
    (AlreadyDecided, N_("Somebody has decided this proposal already, or its time is over.")),
    (ScopeTaken, N_("Another switch decides here by now: change or revert that one.")),
    (NotFound, N_("This switch is no longer there: see the history.")),
    (UnknownWord, N_("A word of this scope is no longer known: reload the page.")),
    (DatabaseUnavailable, N_("The database does not answer: nothing is certain, see the history.")),
)


def refusal(error: Exception) -> str:
    """The refusal as a sentence that says what to do.

    One that has no words of ours is told as the service said it.
    """
    if isinstance(error, GuardrailRefused):
        return _guardrail(error)
    if isinstance(error, InvalidChange) and error.code in _CODES:
        field = _(_FIELDS.get(error.field, error.field or "Why"))
        return _(_CODES[error.code]).format(field=field, count=integer(TEXT_CHARS))
    words = next((words for kind, words in _KINDS if isinstance(error, kind)), None)
    return _(words) if words else _plain(error)


def _guardrail(error: GuardrailRefused) -> str:
    if (words := _GUARDRAILS.get(error.name)) is None:
        return _last_human() if error.name == last_human.NAME else _plain(error)
    zone = current_house().settings.tz
    until = date_time(error.until, zone) if error.until else NOTHING
    return _(words).format(time=until, minutes=_alone() if "{minutes}" in words else NOTHING)


def _alone() -> str:
    """How many minutes one person may close alone."""
    return integer(ExposureService(current_house().database).guardrails().emergency_minutes)


def _plain(error: Exception) -> str:
    return _("Refused: {words}", words=str(error))


def _last_human() -> str:
    vocabulary = Vocabulary.of(ExposureService(current_house().database).read())
    return _(
        "Refused: customers would be left without any channel where people answer. "
        "Keep one of these open: {channels}.",
        channels=vocabulary.people(),
    )


#: What the form answers in words; anything else is a failure of ours.
ANSWERED = (AppError, DatabaseUnavailable)
