"""Loading at length: records dealt out by thread to a few writers, a batch a transaction.

All records of a thread go to the same writer, so writers do not wait for one another's locks;
one batch is parsed and staged while others are being stored.  In which order they commit does
not matter: the fold makes the same of any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from ingest.connector import Parsed
from ingest.events import Event
from ingest.ledger import Ledger

#: Transactions under way at a time.
WRITERS = 4

Work = Callable[[], Ledger]


def in_turns(works: Iterable[tuple[int, Work]]) -> Ledger:
    """Do the works, those of one writer one after the other; the sum of their ledgers.

    The first error ends it, once what is under way has ended.
    """
    total, under_way = Ledger(), dict[int, Future[Ledger]]()
    with ThreadPoolExecutor(WRITERS, "store") as threads:
        for writer, work in works:
            if writer in under_way:
                total += under_way.pop(writer).result()
            under_way[writer] = threads.submit(work)
        return sum((each.result() for each in under_way.values()), total)


def dealt(parsed: Iterable[Parsed], batch: int) -> Iterator[tuple[int, list[Parsed]]]:
    """(writer, at most `batch` records): a thread's records all go to one writer, in order.

    First batches are shorter, each by another share: the writers begin soon, and not in step.
    """
    hands: list[list[Parsed]] = [[] for _ in range(WRITERS)]
    sizes = [max(1, batch * (writer + 1) // WRITERS) for writer in range(WRITERS)]
    for one in parsed:
        writer = hash(one.contact_id) % WRITERS if isinstance(one, Event) else 0
        hands[writer].append(one)
        if len(hands[writer]) == sizes[writer]:
            yield writer, hands[writer]
            hands[writer], sizes[writer] = [], batch
    yield from ((writer, hand) for writer, hand in enumerate(hands) if hand)
