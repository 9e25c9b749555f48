"""How fast a connector's parser is by itself: its own regular sample, over and over, no database.

A file is grown out of copies of its sample (below one header, where it has one); a delivery is
parsed again and again.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from app.errors import WrongUse

if TYPE_CHECKING:
    from ingest.connector import Connector, FileConnector, Parsed, Source, WebhookConnector

#: A round takes about so long, and parses no more.
ROUND_S = 1.0
MOST_BYTES = 50_000_000

#: Parses a number of copies; how many events they told.
Work = Callable[[], int]


def parser_speed(name: str, rounds: int) -> dict[str, str | int]:
    """Events and bytes per second, the median over the rounds.

    Raises WrongUse for a connector that is unknown or has no sample, naming those that have.
    """
    connector, sample = _sampled(name)
    with tempfile.TemporaryDirectory() as folder:
        work, size = _work(connector, sample, Path(folder))
        taken, events = [], 0
        for _ in range(rounds):
            started = time.perf_counter()
            events = work()
            taken.append(time.perf_counter() - started)
    return {
        "connector": name,
        "events": events,
        "bytes": size,
        "rounds": rounds,
        "events_per_s": round(events / median(taken)),
        "bytes_per_s": round(size / median(taken)),
    }


def _sampled(name: str) -> tuple[Connector, Path]:
    from ingest.connector import connectors

    samples = {each.name: _sample(each) for each in connectors().values()}
    if (sample := samples.get(name)) is None:
        known = ", ".join(sorted(each for each, found in samples.items() if found))
        raise WrongUse(f"no connector «{name}» that parses a sample; there are: {known}")
    return connectors()[name], sample


def _sample(connector: Connector) -> Path | None:
    """The regular sample of a connector that reads files or is pushed at."""
    import sample_data
    from ingest.connector import FileConnector, WebhookConnector

    if not isinstance(connector, FileConnector | WebhookConnector):
        return None
    home = Path(str(sample_data.__file__)).parent
    for folder in (connector.name.replace("-", "_"), connector.name.split("-")[0]):
        for found in sorted((home / folder).glob("regular.*")):
            return found
    return None


def _work(connector: Connector, sample: Path, folder: Path) -> tuple[Work, int]:
    """What one round does, and the bytes that it parses."""
    from ingest.connector import FileConnector, Source, WebhookConnector

    source = Source(
        "bench", connector.name, secret="bench", options={"url": "https://bench.example.org/"}
    )
    if isinstance(connector, FileConnector):
        return _reading(connector, source, sample, folder)
    assert isinstance(connector, WebhookConnector)
    return _parsing(connector, source, sample)


def _reading(reader: FileConnector, source: Source, sample: Path, folder: Path) -> tuple[Work, int]:
    head, body = _head_and_body(reader, source, sample, folder)
    grown = folder / f"grown{sample.suffix}"

    def read() -> int:
        return _events(reader.read(grown, source))

    def trial(copies: int) -> int:
        grown.write_bytes(head + body * copies)
        return read()

    _long_enough(trial, MOST_BYTES // len(body))
    return read, grown.stat().st_size


def _head_and_body(
    reader: FileConnector, source: Source, sample: Path, folder: Path
) -> tuple[bytes, bytes]:
    """What stands once in a file, and what can stand in it over and over.

    Raises WrongUse for a sample that holds one document, which cannot grow.
    """
    whole = sample.read_bytes().rstrip(b"\n") + b"\n"
    header = whole.index(b"\n") + 1
    once, trial = _events(reader.read(sample, source)), folder / f"twice{sample.suffix}"
    for head, body in ((b"", whole), (whole[:header], whole[header:])):
        trial.write_bytes(head + body * 2)
        if _events(reader.read(trial, source)) == 2 * once:
            return head, body
    raise WrongUse(f"the sample of {reader.name} does not grow by copies of itself")


def _parsing(connector: WebhookConnector, source: Source, sample: Path) -> tuple[Work, int]:
    content = sample.read_bytes()
    bodies = content.splitlines() if sample.suffix == ".jsonl" else [content]

    def parse(copies: int) -> int:
        once = (body for _ in range(copies) for body in bodies)
        return sum(_events(connector.parse(source, body)) for body in once)

    copies = _long_enough(parse, MOST_BYTES // len(content))
    return lambda: parse(copies), copies * sum(map(len, bodies))


def _long_enough(trial: Callable[[int], int], most: int) -> int:
    """How many copies a round takes, tried out: at most `most`."""
    copies = 1
    while True:
        started = time.perf_counter()
        trial(copies)
        if time.perf_counter() - started > ROUND_S / 2 or copies >= most:
            return copies
        copies = min(2 * copies, max(1, most))


def _events(parsed: Iterable[Parsed]) -> int:
    from ingest.events import Event

    return sum(isinstance(each, Event) for each in parsed)
