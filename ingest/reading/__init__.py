"""Reading what others wrote: the tools of every connector, which know no vendor.

``payload``            a decoded JSON object that nobody promised to keep as it is
``json_documents``     the JSON objects of a file, however they follow each other
``lines``  ``tail``    a file's lines; a log that grows and rotates
``object_folder``      a folder that fills as a bucket does
``moments``            moments and the milliseconds between them
``api_client``         a vendor's REST API: bounded, paced, never led astray
``options``            what the source's table in vigie.toml says;  ``cursors`` how far it was read
``signature``          who signed these bytes; ``standard_webhooks`` for those in our own format

In: bytes, files, addresses.  Out: text, JSON, moments, or an error of :mod:`ingest.errors`
that says what to do.  May import: the contract only.
"""
