"""What can go wrong with accounts."""

from __future__ import annotations

from gis.errors import Conflict, Forbidden, InvalidInput, NotFound


class Unauthenticated(Forbidden):
    """Nobody is logged in, or the login or token no longer holds."""

    code = "unauthenticated"


class WrongLogin(Unauthenticated):
    """Name and password don't fit; it does not say which."""

    code = "accounts.wrong_login"


class Locked(Unauthenticated):
    """Too many wrong passwords: the account rests for a while."""

    code = "accounts.locked"


class TooManyTries(Unauthenticated):
    """Too many logins failed from one address: none is looked at for a while."""

    code = "accounts.too_many_tries"


class NoAccount(NotFound):
    """There is no such account."""

    code = "accounts.not_found"


class OutOfReach(InvalidInput):
    """The areas lie outside those of who would give them."""

    code = "accounts.out_of_reach"


class NameTaken(Conflict):
    """Another account has this name."""

    code = "accounts.name_taken"
