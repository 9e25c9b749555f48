"""What sources say of their agents, in one vocabulary.

An event of kind ``agent_state`` names its ``agent`` (and a ``queue``, where it is about one) and
tells in its attributes:

``state``     ``available``, ``engaged``, ``paused`` or ``offline``; or one of the other words below
``contacts``  how many contacts the agent holds from then on, where the source knows
``event``     told by systems whose states people name (Amazon Connect, Twilio): a state that we
              do not know is then a pause, for people name their breaks

A word speaks of up to three things, and leaves the others as they are: is the agent there, does
the agent pause, does the agent hold a contact.  A telephone that falls silent ends no pause.
"""

from __future__ import annotations

from collections.abc import Iterator

#: (is there, pauses, is engaged); None: says nothing of it.
Says = tuple[int | None, int | None, int | None]

_FREE: Says = (1, 0, 0)
_ENGAGED: Says = (1, 0, 1)
_PAUSED: Says = (1, 1, 0)
_GONE: Says = (0, 0, 0)
#: The words of our own vocabulary and of the connectors that have a closed one (Asterisk).
WORDS: dict[str, Says] = {
    "available": _FREE,
    "engaged": _ENGAGED,
    "paused": _PAUSED,
    "offline": _GONE,
    "login": _FREE,
    "logoff": _GONE,
    "member_added": (1, None, None),
    "member_removed": _GONE,
    "paused_all": (1, 1, None),
    "unpaused": (1, 0, None),
    "unpaused_all": (1, 0, None),
    "not_in_use": (1, None, 0),
    "in_use": (1, None, 1),
    "busy": (1, None, 1),
    "ringing": (1, None, 1),
    "ring_in_use": (1, None, 1),
    "on_hold": (1, None, 1),
    "unavailable": _GONE,
    "invalid": _GONE,
}
#: Where people name the states; any other name is a pause.
NAMED: dict[str, Says] = {
    "available": _FREE,
    "idle": _FREE,
    "login": _FREE,
    "engaged": _ENGAGED,
    "busy": _ENGAGED,
    "reserved": _ENGAGED,
    "on call": _ENGAGED,
    "on contact": _ENGAGED,
    "offline": _GONE,
    "logout": _GONE,
    "logged out": _GONE,
    "deleted": _GONE,
}
_ANY_OTHER = "*"


def understood(said: str) -> str:
    """Joins what was said (a relation with state and event) to what it means: w.present,
    w.paused, w.busy.  The word is worked out once, not once for each that it may be.
    """
    named, state = f"{said}.event is not null", f"lower({said}.state)"
    known = ", ".join(f"'{word}'" for word in NAMED)
    word = f"case when {named} and {state} not in ({known}) then '{_ANY_OTHER}' else {state} end"
    return (
        f"cross join lateral (select {named} as named, {word} as word offset 0) heard "
        f"join (values {', '.join(_rows())}) as w (named, word, present, paused, busy) "
        f"on w.word = heard.word and w.named = heard.named"
    )


def _rows() -> Iterator[str]:
    for named, said in ((False, WORDS), (True, {**NAMED, _ANY_OTHER: _PAUSED})):
        for word, tracks in said.items():
            values = ", ".join("null" if each is None else str(each) for each in tracks)
            yield f"({'true' if named else 'false'}, '{word}', {values})"
