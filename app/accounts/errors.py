"""What can go wrong with accounts."""

from __future__ import annotations

from gis.errors import Conflict, Forbidden, NotFound


class Unauthenticated(Forbidden):
    """Nobody is logged in, or the login or token no longer holds."""

    code = "unauthenticated"


class WrongLogin(Unauthenticated):
    """Name and password don't fit; it does not say which."""

    code = "accounts.wrong_login"


class Locked(Unauthenticated):
    """Too many wrong passwords: the account rests for a while."""

    code = "accounts.locked"


class NoAccount(NotFound):
    """There is no such account."""

    code = "accounts.not_found"


class NameTaken(Conflict):
    """Another account has this name."""

    code = "accounts.name_taken"
