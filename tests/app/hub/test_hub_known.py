"""A hub that starts without a database knows what it knew, or offers everything."""

from __future__ import annotations

import hashlib
import logging
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from app.bench.hub import example
from app.exposure.effective import Context
from app.exposure.model import State
from app.hub.decision import Hub
from app.hub.known import FILE, Kept, Snapshot, Unusable, packed, unpacked

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOWHERE = "host=/nowhere dbname=nothing"
MUTANTS, SEED = 1000, 20261122


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    """A large exposure of a minute ago."""
    kept = Kept(tmp_path)
    kept.save(example(NOW - timedelta(minutes=1)))
    return kept


def started(kept: Kept, now: datetime = NOW) -> Hub:
    return Hub(NOWHERE, clock=lambda: now, kept=kept)


def test_a_cold_start_without_a_database_goes_on_from_the_kept_state(kept: Kept) -> None:
    known = example(NOW - timedelta(minutes=1))
    hub = started(kept)
    assert hub.snapshot == known
    closed = next(one for one in known.exposure.switches if one.state is State.CLOSED
                  and one.share == 100)  # fmt: skip
    told = {k: None if (v := getattr(closed, k)) == "*" else v
            for k in ("surface", "reason", "segment")}  # fmt: skip
    answer = hub.offers(Context(**told), NOW)
    assert answer.as_of == NOW - timedelta(minutes=1)
    assert {one.channel: one.state for one in answer.offers}[closed.channel] is State.CLOSED
    later = hub.offers(Context(**told), NOW + timedelta(days=2))
    assert all(one.state is State.OPEN for one in later.offers)


def test_no_file_is_no_news_and_everything_is_open(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answer = started(Kept(tmp_path / "none")).offers(Context(), NOW)
    assert answer.as_of is None
    assert all(one.state is State.OPEN for one in answer.offers)
    assert caplog.records == []


def mutated(raw: bytes, told: random.Random) -> bytes:
    """Cut off, with flipped bits, of another version, garbled, empty, or twice."""
    kind = told.randrange(6)
    if kind == 0:
        return raw[: told.randrange(len(raw))]
    if kind == 1:
        found = bytearray(raw)
        for _flip in range(told.randint(1, 8)):
            found[told.randrange(len(found))] ^= 1 << told.randrange(8)
        return bytes(found)
    if kind == 2:
        return raw.replace(b"snapshot 1 ", b"snapshot %d " % told.choice([0, 2, 99]), 1)
    if kind == 3:
        at = told.randrange(len(raw))
        return raw[:at] + told.randbytes(told.randint(1, 200)) + raw[at:]
    if kind == 4:
        return told.randbytes(told.randrange(400))
    return raw + raw


def sealed(body: object) -> bytes:
    """Any body under a checksum that is right."""
    raw = msgspec.json.encode(body)
    return b"vigie-hub-snapshot 1 %b\n%b" % (hashlib.sha256(raw).hexdigest().encode(), raw)


def test_a_thousand_broken_files_crash_nothing_and_make_no_answer_unsafe(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    whole, told = kept.path.read_bytes(), random.Random(SEED)
    good = started(kept).offers(Context(visitor="a"), NOW).offers
    safe = Hub(NOWHERE).offers(Context(visitor="a"), NOW).offers
    crashes, unsafe, ignored = 0, 0, 0
    for _number in range(MUTANTS):
        kept.path.write_bytes(mutated(whole, told))
        caplog.clear()
        try:
            answer = started(kept).offers(Context(visitor="a"), NOW)
        except Exception:  # what this test is about
            crashes += 1
            continue
        unsafe += answer.offers not in (good, safe)
        ignored += answer.as_of is None
        if answer.as_of is None:
            assert [line.levelno for line in caplog.records] == [logging.WARNING]
            assert FILE in caplog.text
    assert (crashes, unsafe) == (0, 0)
    assert ignored >= MUTANTS - 5  # a flip may be undone by another


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"modes": []}, "no mode in it is answered by people"),
        ({"modes": [{"channel": "bot", "human": False, "label_fr": "", "label_en": ""}]},
         "no mode in it is answered by people"),
        ({"switches": [{}]}, "not as this version writes it"),
        ({"revision": "many"}, "not as this version writes it"),
    ],
)  # fmt: skip
def test_a_file_with_the_right_checksum_must_still_be_safe(
    change: dict[str, object], why: str
) -> None:
    body = msgspec.to_builtins(example(NOW))
    body["exposure"] |= change
    with pytest.raises(Unusable, match=why):
        unpacked(sealed(body), NOW)


def test_a_closing_without_an_end_a_state_of_tomorrow_and_an_unreadable_calendar_are_refused(
) -> None:
    body = msgspec.to_builtins(example(NOW))
    closing = next(one for one in body["exposure"]["switches"] if one["state"] == "closed")
    ends, closing["expires_at"] = closing["expires_at"], None
    with pytest.raises(Unusable, match="never ends"):
        unpacked(sealed(body), NOW)
    closing["expires_at"] = ends
    assert unpacked(sealed(body), NOW).exposure.revision == 200
    with pytest.raises(Unusable, match="to come"):
        unpacked(sealed(body), NOW - timedelta(days=2))
    body["rows"]["weeks"][0]["hours"] = "every other full moon"
    with pytest.raises(Unusable, match="not as this version writes it"):
        unpacked(sealed(body), NOW)


def test_what_is_packed_is_unpacked_and_nothing_is_left_beside_it(kept: Kept) -> None:
    known: Snapshot = example(NOW)
    assert unpacked(packed(known), NOW) == known
    assert [path.name for path in kept.folder.iterdir()] == [FILE]


def test_a_folder_that_cannot_be_written_keeps_nobody_from_an_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    hub = Hub(NOWHERE, kept=Kept(tmp_path / "file"))
    hub._save(example(NOW), same=False)
    assert "nothing is kept" in caplog.text
    assert hub.offers(Context(), NOW).offers
