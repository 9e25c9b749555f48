"""The second factor: codes of a generator (TOTP, RFC 6238), and codes to get in without it.

The secret is sealed at rest.  A code counts once, also when two send it at the same moment; one
half minute early or late is forgiven.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import Connection, Engine, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.access import User
from app.access.rights import Right
from app.access.sealing import derived, seal, unseal
from app.access.second_factor_schema import recovery_codes, second_factors
from app.errors import NotFound

#: Who has one of these may close channels: for whom the second factor is.
CLOSING: tuple[Right, ...] = ("flip", "approve")
ISSUER = "Vigie"
STEP_S = 30
_FORGIVEN = (0, -1, 1)
_SEALED_FOR = "second factor"
_HOW_MANY, _GROUPS, _GROUP_CHARS = 10, 4, 4
#: Crockford's: none is taken for another on paper.
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


def is_for(user: User) -> bool:
    """Is the second factor meant for this user: may they close a channel?"""
    return any(user.may(right) for right in CLOSING)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a code generator needs: as an address for its camera, and to type in."""

    address: str
    secret: str


class SecondFactors:
    """Setting up, checking and removing the second factor of users."""

    def __init__(self, engine: Engine, secret_key: str) -> None:
        self._engine = engine
        self._secret_key = secret_key

    def stands(self, name: str) -> bool:
        """Must this user show a code?"""
        query = select(second_factors.c.user_name).where(
            second_factors.c.user_name == name, second_factors.c.confirmed_at.is_not(None)
        )
        with self._engine.connect() as connection:
            return connection.execute(query).first() is not None

    def begin(self, name: str, now: datetime) -> Enrolment:
        """A secret for the generator of a user who has none; the same until it is confirmed."""
        sealed = seal(self._secret_key, _SEALED_FOR, pyotp.random_base32().encode(), name)
        row = {"user_name": name, "secret": sealed, "created_at": now, "last_step": -1}
        with self._engine.begin() as connection:
            connection.execute(insert(second_factors).values(**row).on_conflict_do_nothing())
            secret = self._secret(connection, name)
        if secret is None:
            raise NotFound(f"no second factor of «{name}»: begin again")
        return Enrolment(pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER), secret)

    def confirm(self, name: str, code: str, now: datetime) -> Sequence[str] | None:
        """From now on codes are asked for; the recovery codes, readable this once.

        None where the code is wrong: the generator was not set up right.
        """
        with self._engine.begin() as connection:
            if not self._is_code(connection, name, code, now):
                return None
            mine = second_factors.c.user_name == name
            unconfirmed = (mine, second_factors.c.confirmed_at.is_(None))
            confirmed = update(second_factors).where(*unconfirmed).values(confirmed_at=now)
            if not connection.execute(confirmed).rowcount:
                return None
            return self._renewed(connection, name)

    def check(self, name: str, code: str, now: datetime) -> bool:
        """Is it a code of this moment, or a recovery code?  Either counts once."""
        with self._engine.begin() as connection:
            return self._is_code(connection, name, code, now) or self._is_recovery(
                connection, name, code
            )

    def renew_codes(self, name: str) -> Sequence[str]:
        """Other recovery codes, readable this once; the old ones are worth nothing."""
        with self._engine.begin() as connection:
            return self._renewed(connection, name)

    def codes_left(self, name: str) -> int:
        """How many recovery codes are not used yet."""
        count = select(func.count()).select_from(recovery_codes)
        with self._engine.connect() as connection:
            left: int = connection.execute(
                count.where(recovery_codes.c.user_name == name)
            ).scalar_one()
        return left

    def remove(self, name: str) -> bool:
        """No code is asked for any more; False where there was none."""
        with self._engine.begin() as connection:
            connection.execute(delete(recovery_codes).where(recovery_codes.c.user_name == name))
            gone = delete(second_factors).where(second_factors.c.user_name == name)
            return connection.execute(gone).rowcount > 0

    def _secret(self, connection: Connection, name: str) -> str | None:
        query = select(second_factors.c.secret).where(second_factors.c.user_name == name)
        sealed: bytes | None = connection.execute(query).scalar_one_or_none()
        if sealed is None:
            return None
        return unseal(self._secret_key, _SEALED_FOR, bytes(sealed), name).decode()

    def _is_code(self, connection: Connection, name: str, code: str, now: datetime) -> bool:
        """A code whose half minute is newer than that of the last one used."""
        if (secret := self._secret(connection, name)) is None:
            return False
        step = _step(pyotp.TOTP(secret), "".join(code.split()), now)
        if step is None:
            return False
        mine = (second_factors.c.user_name == name, second_factors.c.last_step < step)
        used = update(second_factors).where(*mine).values(last_step=step)
        return connection.execute(used).rowcount > 0

    def _is_recovery(self, connection: Connection, name: str, code: str) -> bool:
        mine = (
            recovery_codes.c.user_name == name,
            recovery_codes.c.code_hash == self._kept(name, code),
        )
        return connection.execute(delete(recovery_codes).where(*mine)).rowcount > 0

    def _renewed(self, connection: Connection, name: str) -> Sequence[str]:
        codes = [_recovery_code() for _ in range(_HOW_MANY)]
        connection.execute(delete(recovery_codes).where(recovery_codes.c.user_name == name))
        rows = [{"user_name": name, "code_hash": self._kept(name, code)} for code in codes]
        connection.execute(insert(recovery_codes), rows)
        return codes

    def _kept(self, name: str, code: str) -> bytes:
        """What is kept of a recovery code: keyed, so that a stolen table opens nothing."""
        said = "".join(filter(str.isalnum, code.lower()))
        key = derived(self._secret_key, "recovery code")
        return hmac.digest(key, f"{name}\0{said}".encode("utf-8", "surrogatepass"), "sha256")


def _step(totp: pyotp.TOTP, code: str, now: datetime) -> int | None:
    """The half minute whose code it is; all are compared, whichever fits."""
    current = int(now.timestamp()) // STEP_S
    told = code.encode("utf-8", "replace")
    found = None
    for shift in _FORGIVEN:
        right = totp.generate_otp(current + shift).encode()
        if hmac.compare_digest(right, told) and found is None:
            found = current + shift
    return found


def _recovery_code() -> str:
    """80 random bits: «4kq2-9f1m-tt0z-h7pe»."""
    letters = [secrets.choice(_LETTERS) for _ in range(_GROUPS * _GROUP_CHARS)]
    cut = range(0, len(letters), _GROUP_CHARS)
    return "-".join("".join(letters[at : at + _GROUP_CHARS]) for at in cut)
