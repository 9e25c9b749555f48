"""Exactly-once, shown: processes and PostgreSQL are killed until something is lost or twice.

    story → outside (re-sends, overlaps, reorders) → crew (real processes) → PostgreSQL
                                                        ↑ kill -9        ↑ kill -9
    story → truth, twin ─────────────────────────────────────── checking → report

- :mod:`.story`     what happened in the world, from a seed, and what must stand in the end
- :mod:`.outside`   the systems that tell it, badly, and remember what they were promised
- :mod:`.crew`      worker, loader and pusher: processes forked from a warm one
- :mod:`.server`    a PostgreSQL of our own, killed and started again
- :mod:`.campaign`  who is killed when; then everything is drained in peace
- :mod:`.checking`  lost, duplicated, differing: counted cell by cell
- :mod:`.mutants`   the bugs that this suite must find, seeded
- :mod:`.report`    what is printed

``python -m tests.chaos --kills 2000`` runs it alone; `docs/reliability.md` tells more.
"""
