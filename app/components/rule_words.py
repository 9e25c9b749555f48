"""Rules in the reader's words: what they watch, what comes next, what a trial found."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from app import labels
from app.exposure.rules.book import Listed
from app.exposure.rules.deciding import Move, Note
from app.exposure.rules.model import Condition, Measure, RuleMode
from app.exposure.rules.moves import NextMove, Stays
from app.exposure.rules.records import Tried
from app.i18n import N_, _, decimal, duration, integer, percent

MEASURES = {
    Measure.LONGEST_WAIT: N_("Longest wait"),
    Measure.AVERAGE_WAIT: N_("Average wait"),
    Measure.SERVICE_LEVEL: N_("Service level"),
    Measure.BACKLOG_AGE: N_("Age of the backlog"),
    Measure.AGENTS_FREE: N_("Agents free"),
    Measure.COST: N_("Cost"),
}
MODES = {
    RuleMode.OFF: N_("Off"),
    RuleMode.ADVISE: N_("Advises"),
    RuleMode.AUTO: N_("Acts by itself"),
}
_NOTES = {
    Note.STALE: N_("The feed is silent: it holds what stands."),
    Note.MISSING: N_("A reading has no value: it holds what stands."),
    Note.RESTING: N_("It rests between two changes."),
    Note.FROZEN: N_("Frozen: it has changed too often today. Switch it on again to go on."),
    Note.REFUSED: N_("A guardrail refused it: it rests before it tries again."),
    Note.TAKEN_OVER: N_("A person decides there: it leaves that alone."),
}
_TIMES = (Measure.LONGEST_WAIT, Measure.AVERAGE_WAIT, Measure.BACKLOG_AGE)


def shown(measure: str, value: float) -> str:
    """A reading or a threshold: «6:10», «80 %», «12»."""
    if measure in _TIMES:
        return duration(value)
    if measure == Measure.SERVICE_LEVEL:
        return percent(value, 0)
    return integer(value) if measure == Measure.AGENTS_FREE else decimal(value)


def watched(condition: Condition) -> str:
    """«Longest wait: from 5:00, back at 3:20»."""
    return _(
        "{measure}: from {enter}, back at {exit}",
        measure=_(MEASURES[condition.measure]),
        enter=shown(condition.measure, condition.enter),
        exit=shown(condition.measure, condition.exit),
    )


def next_words(move: NextMove) -> str:
    """«Acts in 1:40 if the longest wait stays above 3:00»; why nothing moves where it does not."""
    return _next(move, duration(move.in_s))


def _next(move: NextMove, time: str) -> str:
    """The sentence with that time in its place."""
    if move.blocked in (Note.STALE, Note.MISSING, Note.FROZEN):
        return _(_NOTES[move.blocked])
    joined = (_(" or ") if move.any_ else _(" and ")).join(_stays(each) for each in move.stays)
    letting_go = move.move is Move.RELEASE
    if move.in_s is not None:
        words = _("Lets go in {time} if {what}") if letting_go else _("Acts in {time} if {what}")
        return words.format(time=time, what=joined)
    words = (
        _("Lets go once, for {time}, {what}") if letting_go else _("Acts once, for {time}, {what}")
    )
    return words.format(time=duration(move.held_s), what=joined)


def _stays(stays: Stays) -> str:
    name = _(MEASURES[Measure(stays.measure)])
    value = shown(stays.measure, stays.value)
    if stays.bound == "above":
        return _("“{name}” stays above {value}", name=name, value=value)
    return _("“{name}” stays below {value}", name=name, value=value)


def now_parts(listed: Listed) -> list[Component | str]:
    """What the rule does now and next; the browser counts the time down."""
    kept = listed.kept
    if kept.mode is RuleMode.OFF:
        return [_("Switched off")]
    if kept.seen is None:
        return [_("Not read yet")]
    move = kept.seen.next
    before, sep, after = _next(move, "\0").partition("\0")
    if not sep or move.at is None:
        return [before]
    due = html.Span(duration(move.in_s), className="vg-number", **{"data-due": move.at.isoformat()})
    return [before, due, after]


def trial_words(tried: Tried | None) -> str:
    """«On the last 14 days it would have acted 6 times, 3 h 10 in all»."""
    if tried is None:
        return _("This version was never tried")
    acted = tried.trial.acted
    times = _("once") if acted == 1 else _("{count} times", count=integer(acted))
    return _(
        "On the last {days} days it would have acted {times}, {long} in all",
        days=integer(tried.days),
        times=times,
        long=duration(tried.trial.acting_s),
    )


def doing_words(listed: Listed) -> str:
    """What it sets, on which channel."""
    rule = listed.kept.rule
    channel = labels.channel(rule.doing.channel or rule.channel)
    return f"{channel} → {labels.state(rule.doing.state.value)}"
