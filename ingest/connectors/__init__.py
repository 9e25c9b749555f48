"""One file a connector; found by :func:`ingest.connector.connectors`."""
