"""The fold as text: `FOLD` turns a relation ``facts`` into a relation ``folded``.

The ingest statement runs it on the threads of a batch, the verification on all of them:
``with facts as (select * from events), <FOLD> select * from folded``.
"""

from __future__ import annotations

from importlib.resources import files

from ingest.schema import contacts

FOLD: str = files("ingest").joinpath("fold.sql").read_text()

#: The columns of ``contacts``, in the order in which ``folded`` gives them.
CONTACT_COLUMNS: tuple[str, ...] = tuple(column.name for column in contacts.columns)
