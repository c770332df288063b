"""Passwords: argon2id hashes, rules for new ones, random ones for first logins."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gis.errors import InvalidInput

MIN_LENGTH = 10
MAX_LENGTH = 200
# OWASP's first choice for argon2id on small machines: 19 MiB, two passes, one lane; some 30 ms.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
COMMON = frozenset({"password", "citygrid", "qwertyuiop", "1234567890", "0123456789", "administrator", "letmein"})
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that a tired eye takes for another
# What unknown names are checked against, so that the answer takes as long as for a known one.
NOBODY = HASHER.hash(secrets.token_urlsafe(16))


class WeakPassword(InvalidInput):
    """The password breaks a rule; the message says which."""

    code = "accounts.weak_password"


def hash_password(password: str) -> str:
    """The argon2id hash to keep."""
    return HASHER.hash(password)


def is_right(password_hash: str | None, password: str) -> bool:
    """Whether a password fits a hash; with None it works as long and says no."""
    try:
        HASHER.verify(password_hash or NOBODY, password[:MAX_LENGTH])
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def check_new(password: str, name: str, *, field: str = "password") -> None:
    """WeakPassword unless it is long enough, not the name, not a common one, not one sign repeated."""
    if len(password) < MIN_LENGTH:
        raise WeakPassword("A password needs at least {count} characters.", field=field, count=MIN_LENGTH)
    if len(password) > MAX_LENGTH:
        raise WeakPassword("A password can have at most {count} characters.", field=field, count=MAX_LENGTH)
    lowered = password.casefold()
    if name and name.casefold() in lowered:
        raise WeakPassword("The password must not contain the account's name.", field=field)
    if len(set(lowered)) < 5 or any(word in lowered and len(lowered) - len(word) < 4 for word in COMMON):
        raise WeakPassword("This password is too easy to guess.", field=field)


def make_random() -> str:
    """A password for a first login: 16 signs in groups of four, some 79 bits."""
    signs = "".join(secrets.choice(LETTERS) for _ in range(16))
    return "-".join(signs[at : at + 4] for at in range(0, 16, 4))
