"""What is decided once is what the pure function says each time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bench.hub import REASONS, SEGMENTS, SURFACES, example
from app.exposure.effective import Context, Offer, effective
from app.exposure.model import State
from app.exposure.surroundings import Clue, surroundings
from app.hub.deciding import Decider
from app.hub.known import Snapshot

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KNOWN = example(NOW)
AROUND = surroundings(KNOWN.rows)
DECIDER = Decider(KNOWN, AROUND)

contexts = st.builds(
    Context,
    surface=st.sampled_from([None, *SURFACES, "kiosk", "*"]),
    reason=st.sampled_from([None, *(f"reason-{n}" for n in range(REASONS)), "weather", "*"]),
    segment=st.sampled_from([None, *(f"segment-{n}" for n in range(SEGMENTS)), "*"]),
    visitor=st.one_of(st.none(), st.text(max_size=20)),
    language=st.sampled_from(["fr", "en"]),
)
moments = st.integers(-10, 3 * 86_400).map(lambda second: NOW + timedelta(seconds=second))


@settings(max_examples=500, deadline=None)
@given(contexts, moments)
def test_it_says_what_effective_says(context: Context, now: datetime) -> None:
    made = DECIDER.decide(context, now)
    told = {n: None if v == "*" else v for n, v in msgspec.structs.asdict(context).items()}
    expected = effective(KNOWN.exposure.switches, KNOWN.exposure.modes, Context(**told), now,
                         AROUND)  # fmt: skip
    # Waits grow stale within a minute that is decided once.
    assert [unwaited(one) for one in made.offers] == [unwaited(one) for one in expected]
    assert msgspec.json.decode(made.json.partition(b',"reason":')[0], type=list[Offer])


def unwaited(offer: Offer) -> Offer:
    return msgspec.structs.replace(offer, wait_s=None)


def test_an_expiry_within_a_minute_is_kept_to_the_microsecond() -> None:
    ends = NOW + timedelta(seconds=7, microseconds=3)
    switches = tuple(
        msgspec.structs.replace(one, state=State.CLOSED, expires_at=ends, share=100)
        for one in KNOWN.exposure.switches[:1]
    )
    exposure = msgspec.structs.replace(KNOWN.exposure, switches=switches)
    decider = Decider(Snapshot(exposure, NOW), AROUND)
    (one,) = switches
    told = {k: None if (v := getattr(one, k)) == "*" else v
            for k in ("surface", "reason", "segment")}  # fmt: skip

    def state(now: datetime) -> State:
        offers = decider.decide(Context(**told), now).offers
        return {offer.channel: offer.state for offer in offers}[one.channel]

    just_before = ends - timedelta(microseconds=1)
    assert [state(NOW), state(just_before), state(ends), state(just_before)] == [
        State.CLOSED, State.CLOSED, State.OPEN, State.CLOSED,
    ]  # fmt: skip


def test_half_of_the_visitors_see_it_and_the_same_ones_each_time() -> None:
    half = msgspec.structs.replace(
        KNOWN.exposure.switches[0], channel="channel-0", reason="reason-1", segment="*",
        surface="*", state=State.TUCKED, share=50,
    )  # fmt: skip
    exposure = msgspec.structs.replace(KNOWN.exposure, switches=(half,))
    decider = Decider(Snapshot(exposure, NOW), AROUND)

    def tucked(visitor: int, now: datetime) -> bool:
        context = Context(reason="reason-1", visitor=f"visitor {visitor}")
        offers = decider.decide(context, now).offers
        return {o.channel: o.state for o in offers}["channel-0"] is State.TUCKED

    first = [tucked(visitor, NOW) for visitor in range(10_000)]
    assert 4_700 <= sum(first) <= 5_300
    assert [tucked(visitor, NOW + timedelta(minutes=9)) for visitor in range(10_000)] == first


def test_what_the_page_tells_decides_and_is_said() -> None:
    around = surroundings(
        msgspec.structs.replace(KNOWN.rows, clues=(Clue(1, page="/bills", reason="reason-1"),))
    )
    made = Decider(KNOWN, around).decide(Context(page="/bills/9"), NOW)
    assert made.context.reason == "reason-1"
    assert made.json.endswith(b',"reason":"reason-1","segment":null}')


def test_a_flood_of_words_does_not_fill_the_memory() -> None:
    decider = Decider(KNOWN, AROUND)
    for number in range(1000):
        decider.decide(Context(f"s{number}", f"r{number}", f"g{number}", str(number)), NOW)
    assert len(decider._moment.known) == 1
