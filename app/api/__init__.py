"""One file an API resource: its ``router`` is found by app.web and mounted under /api/v1."""
