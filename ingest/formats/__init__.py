"""What each vendor's records say: the rooms behind the connectors that need more than one file.

A connector (:mod:`ingest.connectors`) is how a source is asked, pushed or followed; what its
records mean stands here once, whichever way they came: a record becomes one
:class:`~ingest.events.Event`, several, or a refusal.

``cloud_events``    our own format, and ``bots``, the types that two kinds of bot share
``amazon_connect``  ``asterisk``  ``chatwoot``  ``genesys_cloud``  ``zendesk``
``telegram``        ``twilio``
``mail``            one mail, wherever it was found
``table``           any table, with the mapping file that says which column is what

In: decoded records.  Out: events.  May import: :mod:`ingest.reading` and the contract
(:mod:`ingest.connector`, :mod:`ingest.events`, :mod:`ingest.errors`); never another vendor.
A vendor whose words fit into its connector's file has no room here, and needs none.
"""
