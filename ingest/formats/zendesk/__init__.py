"""Zendesk: tickets as its webhooks push them and as its incremental export lists them."""
