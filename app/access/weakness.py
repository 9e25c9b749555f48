"""Passwords that are guessed first: those of published leaks, names, words, keyboard runs.

The lists come with zxcvbn, so nothing leaves this machine.  A long phrase of common words is
good; one leaked word with a digit behind it is not.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Below so many guesses a password is refused.  Guessing at the login is slowed down to a few
#: hundred a day and address; a stolen hash costs 64 MiB and 0.2 s a guess.
FEWEST_GUESSES = 100_000
#: What zxcvbn looks at; the rest only makes it stronger.
_LOOKED_AT = 72
_OURS = ("vigie",)


@dataclass(frozen=True, slots=True)
class Weakness:
    """Why it would be guessed, by a code, and what to do about it."""

    code: str
    words: str


LEAKED = Weakness(
    "leaked",
    "this password stands on the lists of leaked passwords that attackers try first: "
    "take three or four words that do not belong together",
)
GUESSABLE = Weakness(
    "guessable",
    "this password is too easy to guess: make it longer, for instance with two more words",
)


def weakness(password: str, name: str) -> Weakness | None:
    """Why nobody should have it as a password; None where it is good enough."""
    # It takes 0.1 s: only who sets a password needs it.
    from zxcvbn import zxcvbn  # type: ignore[import-untyped]

    judged = zxcvbn(password[:_LOOKED_AT], [name, *_OURS])
    if judged["guesses"] >= FEWEST_GUESSES:
        return None
    leaked = any(part.get("dictionary_name") == "passwords" for part in judged["sequence"])
    return LEAKED if leaked else GUESSABLE
