"""What no operator may do: one file a guardrail, found by discovery.

A guardrail has ``NAME`` and ``check(attempt)``, which raises GuardrailRefused saying what it
refuses and what would be allowed.  It is pure: all it sees is the :class:`~.attempt.Attempt`,
read in the transaction of the change, under its lock.  :mod:`.values` are the numbers.
That closing needs a second person is :mod:`.two_people`, asked apart: its answer is not always
no, but «not yet».
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from app.exposure.guardrails.attempt import Attempt


def check(attempt: Attempt) -> None:
    """Raises GuardrailRefused for the first guardrail that does not let it pass."""
    for guardrail in _guardrails():
        guardrail(attempt)


@cache
def _guardrails() -> tuple[Callable[[Attempt], None], ...]:
    """The check of every guardrail, by the name of its file."""
    found = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return tuple(module.check for module in found if hasattr(module, "check"))
