"""One file a source of the audit: `SOURCES`, as :mod:`app.audit.source` describes them."""
