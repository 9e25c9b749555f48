"""Callbacks: slots and bookings for customers, and for the desk what is due and what was tried.

For customers, open as the offers are (no login, CORS for any site, no cookie; too many: 429):

``GET /api/v1/hub/slots?reason=billing&language=fr``
    200 ``{"zone": "Europe/Paris", "slots": [{"start": ISO, "end": ISO, "load":
    "light|normal|busy"}, …]}``: only slots with room, the lighter first, then the sooner; the
    first, and no other, has ``"advised": true``.  ``reason`` and ``language`` (fr or en) may
    be left out; no slots: an empty list.  Times are UTC, to be shown in ``zone``.
``POST /api/v1/hub/callbacks`` ``application/json``
    ``{"phone": "06 12 34 56 78", "start": ISO, "request_id": "any steady id of this wish",
    "reason"?, "language"?, "name"?, "surface"?, "visitor"?}`` →

    - 201 ``{"id": "…", "start": ISO, "end": ISO, "message": "…in that language"}``; the same
      ``request_id`` with the same wish again: the same answer, one callback
    - 409 problem JSON with ``"slots": […]`` (as above): that slot is full, or none any more; or
      without slots: the ``request_id`` is that of another wish, or this number has as many
      callbacks open as it may
    - 422 problem JSON whose ``detail`` may be shown to the customer, in that language, and
      ``"field"`` (``phone``, ``start``, ``name``…) where one field is to be mended
    - 429 with ``retry-after``

For the desk, logged in:

``GET /api/v1/callbacks?state=due|open|done|all&limit=100``
    ``[{"id", "start", "end", "reason", "language", "name", "phone", "state", "attempts":
    […]}]``: operators see the number, others its masked form
``POST /api/v1/callbacks/{id}/attempts`` ``{"outcome":
    "reached|no_answer|busy|wrong_number|cancelled", "request_id"?}`` → the callback
"""

from __future__ import annotations
