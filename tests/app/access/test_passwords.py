"""How passwords are kept."""

from __future__ import annotations

from argon2 import PasswordHasher, Type, extract_parameters


def test_a_stolen_hash_costs_64_mib_and_three_rounds_a_guess(strong_hasher: PasswordHasher) -> None:
    """RFC 9106, second recommended option; the other tests hash at a fraction of it."""
    kept = extract_parameters(strong_hasher.hash("correct horse battery"))
    assert kept.type is Type.ID
    assert kept.memory_cost >= 64 * 1024
    assert kept.time_cost >= 3
