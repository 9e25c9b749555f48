"""What is offered follows from switches, visitor and time alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from app.exposure.effective import Context, Offer, effective, inside, understood
from app.exposure.model import ANY, State, Switch
from app.exposure.modes import DEFAULT_MODES, Mode
from app.exposure.surroundings import Clue, DayRow, Link, Rows, Wait, WeekRow, surroundings

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MODES = DEFAULT_MODES[:4]
NAMES = ("channel", "reason", "segment", "surface")
_ids = count(1)


def switch(state: State = State.CLOSED, *, channel: str = "phone", **told: object) -> Switch:
    """A switch in force at NOW unless told otherwise."""
    id = next(_ids)
    given = {"id": id, "version": id, "updated_at": NOW, "why": "test", "owner": "ana"}
    return Switch(channel=channel, state=state, **given | told)  # type: ignore[arg-type]


def states(switches: Sequence[Switch], context: Context, now: datetime = NOW) -> dict[str, State]:
    return {offer.channel: offer.state for offer in effective(switches, MODES, context, now)}


times = st.sampled_from([None, NOW - 2 * HOUR, NOW, NOW + HOUR, NOW + 2 * HOUR])


@st.composite
def switches(draw: st.DrawFn) -> Switch:
    start, end = draw(times), draw(times)
    if start is not None and end is not None and end <= start:
        start = None
    return switch(
        draw(st.sampled_from(State)),
        channel=draw(st.sampled_from([ANY, "phone", "chat"])),
        reason=draw(st.sampled_from([ANY, "billing", "delivery"])),
        segment=draw(st.sampled_from([ANY, "premium"])),
        surface=draw(st.sampled_from([ANY, "web", "app"])),
        share=draw(st.sampled_from([0, 1, 50, 99, 100])),
        starts_at=start,
        expires_at=end,
    )


boards = st.lists(switches(), max_size=12, unique_by=lambda one: one.scope)
contexts = st.builds(
    Context,
    surface=st.sampled_from([None, "web", "app", "kiosk"]),
    reason=st.sampled_from([None, "billing", "delivery", "unheard of"]),
    segment=st.sampled_from([None, "premium"]),
    visitor=st.sampled_from([None, "a", "b", "c"]),
)
moments = st.sampled_from([NOW - 3 * HOUR, NOW, NOW + HOUR, NOW + 3 * HOUR])


def meets(one: Switch, channel: str, context: Context) -> bool:
    told = (channel, context.reason, context.segment, context.surface)
    asked = [getattr(one, name) for name in NAMES]
    return all(part in (ANY, is_) for part, is_ in zip(asked, told, strict=True))


def winner(board: Sequence[Switch], channel: str, context: Context, now: datetime) -> Switch | None:
    """The rule said another way: most names, then the earliest name that differs."""
    candidates = [one for one in board if one.in_force(now) and meets(one, channel, context)]

    def weight(one: Switch) -> tuple[int, str]:
        named = "".join("1" if getattr(one, name) != ANY else "0" for name in NAMES)
        return named.count("1"), named

    return max(candidates, key=weight, default=None)


@given(boards, contexts, moments)
def test_a_mode_never_vanishes_and_never_comes_twice(
    board: list[Switch], context: Context, now: datetime
) -> None:
    offered = [offer.channel for offer in effective(board, MODES, context, now)]
    assert sorted(offered) == sorted(mode.channel for mode in MODES)


@given(boards, contexts, moments)
def test_the_most_specific_switch_decides_and_is_named(
    board: list[Switch], context: Context, now: datetime
) -> None:
    for offer in effective(board, MODES, context, now):
        wanted = winner(board, offer.channel, context, now)
        assert offer.switch == (None if wanted is None else wanted.id)
        applies = wanted is not None and inside(wanted, context.visitor)
        assert offer.state == (wanted.state if wanted is not None and applies else State.OPEN)
        assert offer.selectable == (offer.state is not State.CLOSED)


@given(boards, contexts, moments)
def test_what_is_over_or_not_yet_begun_never_decides(
    board: list[Switch], context: Context, now: datetime
) -> None:
    counting = [one for one in board if one.in_force(now)]
    assert effective(board, MODES, context, now) == effective(counting, MODES, context, now)


@given(boards, contexts, moments, st.randoms())
def test_the_order_depends_on_states_and_modes_only(
    board: list[Switch], context: Context, now: datetime, shuffle: object
) -> None:
    offers = effective(board, MODES, context, now)
    shuffled = sorted(board, key=lambda one: shuffle.random())  # type: ignore[attr-defined]
    assert effective(shuffled, MODES, context, now) == offers
    position = {mode.channel: at for at, mode in enumerate(MODES)}
    places = [(offer.state.rank, position[offer.channel]) for offer in offers]
    assert places == sorted(places)


def test_the_channel_counts_before_the_reason_the_reason_before_the_segment() -> None:
    context = Context(surface="web", reason="billing", segment="premium")
    by_channel = switch(State.TUCKED)
    by_reason = switch(State.CLOSED, channel=ANY, reason="billing")
    by_segment = switch(State.PROMOTED, channel=ANY, segment="premium")
    assert states([by_reason, by_channel], context)["phone"] is State.TUCKED
    assert states([by_segment, by_reason], context)["phone"] is State.CLOSED
    by_two = switch(State.OPEN, channel=ANY, segment="premium", surface="web")
    assert states([by_channel, by_two], context)["phone"] is State.OPEN


def test_an_expiry_ends_a_switch_at_that_very_moment_without_anybody_doing_anything() -> None:
    closed = switch(expires_at=NOW + HOUR)
    last = NOW + HOUR - timedelta(microseconds=1)
    assert states([closed], Context(), last)["phone"] is State.CLOSED
    assert states([closed], Context(), NOW + HOUR)["phone"] is State.OPEN


def test_a_closing_lasts_its_time_on_a_day_of_25_hours() -> None:
    start = datetime.fromisoformat("2026-10-25T01:30:00+02:00")
    closed = switch(starts_at=start, expires_at=start + HOUR)
    again_half_past_two = datetime.fromisoformat("2026-10-25T02:30:00+01:00")
    first_half_past_two = datetime.fromisoformat("2026-10-25T02:29:59+02:00")
    assert states([closed], Context(), first_half_past_two)["phone"] is State.CLOSED
    assert states([closed], Context(), again_half_past_two)["phone"] is State.OPEN


def test_promoted_comes_first_and_closed_last() -> None:
    board = [switch(State.CLOSED), switch(State.PROMOTED, channel="messaging"),
             switch(State.TUCKED, channel="callback")]  # fmt: skip
    offers = effective(board, MODES, Context(), NOW)
    assert [offer.channel for offer in offers] == ["messaging", "chat", "callback", "phone"]


@given(st.text(), st.integers(0, 100), st.integers(0, 100))
def test_who_is_inside_a_share_stays_inside_when_it_grows(
    visitor: str, one: int, other: int
) -> None:
    small, large = sorted((one, other))
    few, many = switch(share=small, id=7), switch(share=large, id=7)
    assert inside(few, visitor) <= inside(many, visitor)
    assert not inside(switch(share=0), visitor)
    assert inside(switch(share=100), visitor)


def test_a_share_is_about_that_share_of_the_visitors() -> None:
    half = switch(share=30, id=7)
    found = sum(inside(half, f"visitor {number}") for number in range(10_000))
    assert 2_850 < found < 3_150


def test_a_visitor_without_a_name_sees_only_what_all_see() -> None:
    assert states([switch(share=99)], Context())["phone"] is State.OPEN
    assert states([switch(share=100)], Context())["phone"] is State.CLOSED


def test_outside_the_share_the_answer_still_names_the_switch() -> None:
    (offer,) = effective([switch(share=0, id=9)], MODES[:1], Context(visitor="a"), NOW)
    assert offer.switch == 9
    assert offer.decided_by == "outside the 0 % of switch 9 (phone × any × any × any)"


def test_the_customer_is_told_in_their_language_or_at_least_told() -> None:
    both = switch(message_fr="Bientôt", message_en="Soon", expires_at=NOW + HOUR)
    one = switch(channel="chat", message_fr="Fermé", expires_at=NOW + HOUR)
    modes = [Mode("phone", True, "Téléphone", "Phone"), Mode("chat", True, "Chat", "Chat")]
    french = effective([both, one], modes, Context(language="fr"), NOW)
    english = effective([both, one], modes, Context(language="en"), NOW)
    assert [(o.label, o.message) for o in french] == [("Téléphone", "Bientôt"), ("Chat", "Fermé")]
    assert [(o.label, o.message) for o in english] == [("Phone", "Soon"), ("Chat", "Fermé")]
    assert all(offer.until == NOW + HOUR for offer in french)


WEEKDAYS = WeekRow("phone", "*", "*", date(2020, 1, 1), "mon-fri 08:00-18:00", "Europe/Paris",
                   "FR", None, "closed")  # fmt: skip
#: NOW is a Sunday.
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)


def phone(context: Context, now: datetime, *board: Switch, **told: object) -> Offer:
    """The phone as it is offered with these surroundings."""
    around = surroundings(Rows(**{"live": ("phone", "chat"), **told}))  # type: ignore[arg-type]
    offers = effective(board, MODES, context, now, around)
    return {offer.channel: offer for offer in offers}["phone"]


def test_a_closed_calendar_closes_the_mode_and_says_so_and_when_it_opens() -> None:
    offer = phone(Context(), NOW, weeks=(WEEKDAYS,))
    assert (offer.state, offer.selectable) == (State.CLOSED, False)
    assert offer.decided_by == "calendar (the week)"
    assert offer.next_opening == offer.until == datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert offer.opening_hours == "closed"
    open_ = phone(Context(), MONDAY, weeks=(WEEKDAYS,))
    assert (open_.state, open_.decided_by) == (State.OPEN, "default")
    assert (open_.opening_hours, open_.next_opening) == ("08:00-18:00", None)


def test_a_promoted_mode_is_closed_by_its_calendar_all_the_same() -> None:
    offer = phone(Context(), NOW, switch(State.PROMOTED), weeks=(WEEKDAYS,))
    assert (offer.state, offer.switch) == (State.CLOSED, None)


def test_a_public_holiday_is_named() -> None:
    christmas = datetime(2026, 12, 25, 10, tzinfo=UTC)
    offer = phone(Context(), christmas, weeks=(WEEKDAYS,))
    assert offer.decided_by.startswith("calendar (public holiday: ")
    assert offer.next_opening == datetime(2026, 12, 28, 7, tzinfo=UTC)


def test_why_a_day_is_an_exception_is_not_told_to_customers() -> None:
    day = DayRow("phone", "*", "*", date(2026, 11, 24), "closed", "Europe/Paris", "half are ill")
    offer = phone(Context(), MONDAY + timedelta(days=1), weeks=(WEEKDAYS,), days=(day,))
    assert (offer.state, offer.decided_by) == (State.CLOSED, "calendar (exception: 2026-11-24)")


def test_what_a_switch_closed_opens_when_both_switch_and_calendar_let_it() -> None:
    until = datetime(2026, 11, 23, 20, tzinfo=UTC)
    offer = phone(Context(), MONDAY, switch(id=7, expires_at=until), weeks=(WEEKDAYS,))
    assert (offer.switch, offer.until) == (7, until)
    assert offer.next_opening == datetime(2026, 11, 24, 7, tzinfo=UTC)


def test_the_hours_of_all_close_who_answers_at_once_but_not_what_is_written() -> None:
    around = surroundings(Rows((structs.replace(WEEKDAYS, channel="*"),), live=("phone", "chat")))
    found = {o.channel: o.state for o in effective([], DEFAULT_MODES, Context(), NOW, around)}
    assert (found["phone"], found["chat"]) == (State.CLOSED, State.CLOSED)
    assert (found["email"], found["selfcare"]) == (State.OPEN, State.OPEN)
    named = structs.replace(WEEKDAYS, channel="email")
    around = surroundings(Rows((named,), live=("phone", "chat")))
    found = {o.channel: o.state for o in effective([], DEFAULT_MODES, Context(), NOW, around)}
    assert (found["phone"], found["email"]) == (State.OPEN, State.CLOSED)


def test_the_wait_is_that_of_the_reasons_queue_or_the_longest_while_it_is_fresh() -> None:
    waits = (Wait("phone", "billing", 30, NOW), Wait("phone", "sales", 370, NOW))
    assert phone(Context(reason="billing"), NOW, waits=waits).wait_s == 30
    assert phone(Context(reason="delivery"), NOW, waits=waits).wait_s == 370
    assert phone(Context(), NOW).wait_s is None
    assert phone(Context(), NOW + timedelta(minutes=5), waits=waits).wait_s is None
    assert phone(Context(), NOW, switch(), waits=waits).wait_s is None


def test_the_link_of_the_surface_goes_before_that_of_any() -> None:
    links = (Link("phone", "*", "tel:+33"), Link("phone", "app", "/call"))
    assert phone(Context(surface="app"), NOW, links=links).link == "/call"
    assert phone(Context(surface="web"), NOW, links=links).link == "tel:+33"
    assert phone(Context(), NOW).link is None


CLUES = (
    Clue(1, page="/invoices", reason="billing"),
    Clue(2, contract="business", segment="premium"),
    Clue(3, least_basket=50_000, segment="premium"),
    Clue(4, path="/cancel", location="FR", reason="subscription"),
)


@pytest.mark.parametrize(
    ("context", "reason", "segment"),
    [
        (Context(page="/invoices/7"), "billing", None),
        (Context(page="/invoices", reason="delivery"), "delivery", None),
        (Context(contract="business", basket_value=1), None, "premium"),
        (Context(basket_value=50_000), None, "premium"),
        (Context(basket_value=49_999), None, None),
        (Context(path=("/", "/cancel/1"), location="FR"), "subscription", None),
        (Context(path=("/", "/cancel/1")), None, None),
        (Context(page="/invoices", contract="business"), "billing", "premium"),
    ],
)
def test_page_contract_basket_place_and_path_tell_what_the_visitor_does_not(
    context: Context, reason: str | None, segment: str | None
) -> None:
    found = understood(context, CLUES)
    assert (found.reason, found.segment) == (reason, segment)
