"""Chatwoot: conversations as its webhooks and its REST API tell them; the holes between."""
