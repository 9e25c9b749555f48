"""Asterisk: the words of its ``queue_log``, and those of its manager port (AMI)."""
