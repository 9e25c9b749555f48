"""Amazon Connect: its contact records, and the events of its own that come sooner."""
