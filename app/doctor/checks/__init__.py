"""One file a check: ORDER, check(patient), NEEDS_DATABASE where it reads tables."""
