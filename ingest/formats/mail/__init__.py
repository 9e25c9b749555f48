"""Mail: one message is one event, whether a server or an archive gave it."""
